"""`rlzoo explain`: one step of a run, with its numbers."""
