"""Packages for plugins, written from templates: one folder of `templates/` for each kind of thing a plugin can add."""
