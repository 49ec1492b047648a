"""Makes the lexicon's file of WordNet and word frequencies; not needed at run time."""
