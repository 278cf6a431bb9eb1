"""The algorithms: named compositions, pure data."""
