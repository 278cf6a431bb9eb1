"""Packages of plugins, written from templates: one folder in `templates/` for each kind of component."""
