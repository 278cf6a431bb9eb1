"""Built-in observers: what watches a run and writes down what it sees."""
