"""The built-in algorithms: named compositions, as data."""
