"""Built-in exploration policies."""
