"""Logs of other programs, read as runs: Stable-Baselines3, CleanRL, and CSV files."""
