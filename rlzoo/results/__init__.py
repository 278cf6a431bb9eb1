"""What a run leaves behind: its folder, tables, curves, pictures, videos and trained agents."""
