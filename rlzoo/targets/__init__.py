"""Built-in target updaters."""
