-- Merged spellings and forms: a key of its own, at depth 0, that points to the key of its word.
ALTER TABLE known_words ADD COLUMN alias_of TEXT;
ALTER TABLE known_words ADD COLUMN relation TEXT;
CREATE INDEX known_words_aliases ON known_words (alias_of, key) WHERE alias_of IS NOT NULL;

-- An entry is found by its aliases as by its headword; for entries without any the text is what it was.
DROP VIEW entry_texts;
CREATE VIEW entry_texts AS
SELECT
    id,
    json_extract(document, '$.word') || coalesce(' ' || (SELECT group_concat(value, ' ') FROM json_each(document, '$.aliases')), '') AS word,
    json_extract(document, '$.definition') AS definition,
    (SELECT group_concat(value, ' ') FROM json_each(document, '$.related_concepts')) AS related_concepts,
    (SELECT group_concat(value, ' ') FROM json_each(document, '$.examples')) AS examples,
    json_extract(document, '$.explanation') AS explanation,
    'category' || category || ' job' || replace(job_id, '-', '') || ' support' || replace(support, '_', '') || ' depth' || depth AS facets
FROM solidified_knowledge;
