"""Built-in environment families."""
