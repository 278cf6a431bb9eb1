"""What `train.diagnose` adds: numbers about what an agent learns, found without changing it."""
