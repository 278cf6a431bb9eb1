"""Training many seeds as one tensor program: random streams, the clock, stacked networks."""
