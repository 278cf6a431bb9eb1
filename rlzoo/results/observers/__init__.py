"""Built-in observers, which record and show a run."""
