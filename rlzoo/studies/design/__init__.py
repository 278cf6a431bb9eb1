"""What a study compares: the question asked, and the plan of cells that answers it."""
