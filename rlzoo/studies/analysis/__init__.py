"""From run folders to conclusions."""
