"""From a name to a composition: plugins, the catalog, options, and the built-in algorithms."""
