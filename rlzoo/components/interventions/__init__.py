"""Built-in interventions."""
