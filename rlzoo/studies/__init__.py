"""Ablation: from a question to an honest answer. Plan the cells, run what is missing, analyse, report."""
