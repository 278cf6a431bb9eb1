"""The question of a study, and the plan of cells that answers it."""
