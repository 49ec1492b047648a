"""How people reach the flows: command line, stack, HTTP; no business rule."""
