"""Hostile input: command lines, environments and damaged files."""
