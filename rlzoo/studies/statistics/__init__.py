"""Statistics over few seeds. docs/statistics.md describes each method and its simulated coverage."""
