"""Built-in networks: options, and the ordinary one-lane modules they build."""
