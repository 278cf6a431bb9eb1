"""What few seeds say, and how sure that is: docs/statistics.md has each method, why, and its simulated coverage."""
