"""The four stage tasks and what they stand on."""
