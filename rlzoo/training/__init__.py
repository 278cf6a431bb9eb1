"""The training loop: assemble the parts, collect, learn, evaluate."""
