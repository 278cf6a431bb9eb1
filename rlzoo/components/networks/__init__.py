"""Built-in networks: their options, and the one-lane modules they build."""
