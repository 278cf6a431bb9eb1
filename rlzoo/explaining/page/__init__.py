"""The page of an explanation: one HTML file that loads nothing."""
