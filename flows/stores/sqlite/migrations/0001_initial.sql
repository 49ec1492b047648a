-- All moments are microseconds since 1970 in UTC. Documents are JSON as the types in flows.knowledge write it.

CREATE TABLE metadata (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One narrow row a word, so that a claim touches few pages. depth: 0 only claimed, 1 defined, 2 enriched, 3 deep.
CREATE TABLE known_words (
    key TEXT PRIMARY KEY,
    word TEXT NOT NULL,
    depth INTEGER NOT NULL DEFAULT 0,
    learned_at INTEGER,
    claimed_by TEXT,
    claim_attempt INTEGER,
    claimed_until INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX known_words_claimed ON known_words (claimed_by, key) WHERE claimed_by IS NOT NULL;
CREATE INDEX known_words_left_defined ON known_words (learned_at, key) WHERE depth = 1;

-- The definitions of words that have no entry; an entry holds its own.
CREATE TABLE definitions (
    key TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE solidified_knowledge (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    job_id TEXT NOT NULL,
    support TEXT NOT NULL,
    depth TEXT NOT NULL,
    revision INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX solidified_knowledge_words ON solidified_knowledge (key, category, job_id, support, depth);
CREATE INDEX solidified_knowledge_newest ON solidified_knowledge (updated_at DESC, key);
CREATE INDEX solidified_knowledge_category ON solidified_knowledge (category, updated_at DESC, key);
CREATE INDEX solidified_knowledge_job ON solidified_knowledge (job_id, updated_at DESC, key);
CREATE INDEX solidified_knowledge_support ON solidified_knowledge (support, updated_at DESC, key);
CREATE INDEX solidified_knowledge_depth ON solidified_knowledge (depth, updated_at DESC, key);

-- What full-text search sees of an entry. `facets` holds one made-up term for each property that a search may filter by.
CREATE VIEW entry_texts AS
SELECT
    id,
    json_extract(document, '$.word') AS word,
    json_extract(document, '$.definition') AS definition,
    (SELECT group_concat(value, ' ') FROM json_each(document, '$.related_concepts')) AS related_concepts,
    (SELECT group_concat(value, ' ') FROM json_each(document, '$.examples')) AS examples,
    json_extract(document, '$.explanation') AS explanation,
    'category' || category || ' job' || replace(job_id, '-', '') || ' support' || replace(support, '_', '') || ' depth' || depth AS facets
FROM solidified_knowledge;

CREATE VIRTUAL TABLE entry_search USING fts5 (
    word, definition, related_concepts, examples, explanation, facets,
    content = 'entry_texts', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER entry_search_insert AFTER INSERT ON solidified_knowledge BEGIN
    INSERT INTO entry_search (rowid, word, definition, related_concepts, examples, explanation, facets)
    SELECT id, word, definition, related_concepts, examples, explanation, facets FROM entry_texts WHERE id = new.id;
END;
CREATE TRIGGER entry_search_before_update BEFORE UPDATE ON solidified_knowledge BEGIN
    INSERT INTO entry_search (entry_search, rowid, word, definition, related_concepts, examples, explanation, facets)
    SELECT 'delete', id, word, definition, related_concepts, examples, explanation, facets FROM entry_texts WHERE id = old.id;
END;
CREATE TRIGGER entry_search_after_update AFTER UPDATE ON solidified_knowledge BEGIN
    INSERT INTO entry_search (rowid, word, definition, related_concepts, examples, explanation, facets)
    SELECT id, word, definition, related_concepts, examples, explanation, facets FROM entry_texts WHERE id = new.id;
END;
CREATE TRIGGER entry_search_delete BEFORE DELETE ON solidified_knowledge BEGIN
    INSERT INTO entry_search (entry_search, rowid, word, definition, related_concepts, examples, explanation, facets)
    SELECT 'delete', id, word, definition, related_concepts, examples, explanation, facets FROM entry_texts WHERE id = old.id;
END;

CREATE TABLE frontier (
    key TEXT PRIMARY KEY,
    word TEXT NOT NULL,
    mentions INTEGER NOT NULL,
    mentioned_by TEXT NOT NULL,
    first_seen INTEGER NOT NULL
) STRICT;
CREATE INDEX frontier_most_mentioned ON frontier (mentions DESC, key);

-- Totals kept by triggers, so that a page that shows them costs nothing at a million words.
CREATE TABLE totals (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (name, value)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER totals_word_insert AFTER INSERT ON known_words WHEN new.depth > 0 BEGIN
    INSERT INTO totals VALUES ('depth', new.depth, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER totals_word_update AFTER UPDATE OF depth ON known_words WHEN new.depth <> old.depth BEGIN
    UPDATE totals SET count = count - 1 WHERE name = 'depth' AND value = CAST(old.depth AS TEXT);
    INSERT INTO totals VALUES ('depth', new.depth, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER totals_word_delete AFTER DELETE ON known_words WHEN old.depth > 0 BEGIN
    UPDATE totals SET count = count - 1 WHERE name = 'depth' AND value = CAST(old.depth AS TEXT);
END;
CREATE TRIGGER totals_entry_insert AFTER INSERT ON solidified_knowledge BEGIN
    INSERT INTO totals VALUES ('category', new.category, 1), ('support', new.support, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER totals_entry_update AFTER UPDATE ON solidified_knowledge BEGIN
    UPDATE totals SET count = count - 1 WHERE (name, value) IN (VALUES ('category', old.category), ('support', old.support));
    INSERT INTO totals VALUES ('category', new.category, 1), ('support', new.support, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER totals_entry_delete AFTER DELETE ON solidified_knowledge BEGIN
    UPDATE totals SET count = count - 1 WHERE (name, value) IN (VALUES ('category', old.category), ('support', old.support));
END;
CREATE TRIGGER totals_frontier_insert AFTER INSERT ON frontier BEGIN
    INSERT INTO totals VALUES ('frontier', '', 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER totals_frontier_delete AFTER DELETE ON frontier BEGIN
    UPDATE totals SET count = count - 1 WHERE name = 'frontier';
END;

CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_newest ON jobs (created_at DESC, job_id);

CREATE TABLE job_stops (
    job_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE job_log (
    job_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job_id, attempt, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
    job_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT;

CREATE TABLE batches (
    job_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job_id, round, number)
) STRICT;

CREATE TABLE quota_usage (
    model TEXT NOT NULL,
    span TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (model, span)
) STRICT, WITHOUT ROWID;

CREATE TABLE research_cache (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (source, key)
) STRICT;
CREATE INDEX research_cache_expiry ON research_cache (expires_at);
