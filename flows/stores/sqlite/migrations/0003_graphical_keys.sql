-- The graphical key of words that are written with marks or spaces, so that "café" is found for "cafe". Words
-- whose key is their graphical key have none: they are found by their key.
ALTER TABLE known_words ADD COLUMN graphical TEXT;
UPDATE known_words SET graphical = graphical_key(key) WHERE graphical_key(key) <> key;
CREATE INDEX known_words_graphical ON known_words (graphical, key) WHERE graphical IS NOT NULL;
