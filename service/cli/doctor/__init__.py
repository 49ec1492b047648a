"""`learn doctor`: what is configured, what is reachable, what is missing and how to get it."""
