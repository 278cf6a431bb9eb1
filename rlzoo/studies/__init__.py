"""Studies: plan the cells of an ablation, train what is missing, analyse, and report."""
