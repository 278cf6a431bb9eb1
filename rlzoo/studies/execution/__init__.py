"""Training a study: its folder, its trials, progress and cost."""
