"""The analysis of a study: from run folders to conclusions."""
