"""The built-in presets, as data, and finding a preset by algorithm, environment and name."""
