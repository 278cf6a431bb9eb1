"""From names to compositions: plugins, the catalog, options, and the built-in algorithms."""
