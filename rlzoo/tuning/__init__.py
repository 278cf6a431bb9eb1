"""Tuning: search the settings of an algorithm, then test the winner on seeds that the search never saw."""
