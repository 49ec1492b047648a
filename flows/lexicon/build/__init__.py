"""Builds the lexicon's file from WordNet and word frequencies; not needed at run time."""
