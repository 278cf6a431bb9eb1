"""What makes many seeds one tensor program: random streams, the clock, stacked networks."""
