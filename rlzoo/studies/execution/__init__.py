"""Training what a study lacks: its folder, its units of work, progress and cost."""
