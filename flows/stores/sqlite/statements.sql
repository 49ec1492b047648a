-- Every statement, by name: `-- name: what it does`. Lists of keys come as one JSON array, so the limit on variables never matters.

-- word_states: depth, claim and whether it is an alias, of each of the keys that have a row
SELECT k.key, k.depth, k.claimed_by, k.claimed_until, k.alias_of IS NOT NULL FROM json_each(:keys) AS j CROSS JOIN known_words AS k ON k.key = j.value

-- rival_states: depth, claim and whether it is an alias, of each word whose graphical key is one of the keys
SELECT k.key, k.depth, k.claimed_by, k.claimed_until, k.alias_of IS NOT NULL
FROM json_each(:keys) AS j CROSS JOIN known_words AS k ON k.key = j.value
UNION
SELECT k.key, k.depth, k.claimed_by, k.claimed_until, k.alias_of IS NOT NULL
FROM json_each(:keys) AS j CROSS JOIN known_words AS k INDEXED BY known_words_graphical ON k.graphical = j.value

-- spelled_alike: the words with marks or spaces whose graphical key is one of the keys
SELECT k.graphical, k.key FROM json_each(:keys) AS j CROSS JOIN known_words AS k INDEXED BY known_words_graphical ON k.graphical = j.value
ORDER BY k.key

-- claim_word: claim a word; a known word keeps its display form
INSERT INTO known_words (key, word, graphical, claimed_by, claim_attempt, claimed_until)
VALUES (:key, :word, :graphical, :job_id, :attempt, :until)
ON CONFLICT (key) DO UPDATE SET
    word = CASE WHEN depth = 0 THEN excluded.word ELSE word END,
    claimed_by = excluded.claimed_by, claim_attempt = excluded.claim_attempt, claimed_until = excluded.claimed_until

-- forget_claimed_words: drop the job's rows of these words that are not known
DELETE FROM known_words WHERE key IN (SELECT value FROM json_each(:keys)) AND claimed_by = :job_id AND depth = 0

-- free_known_words: release the job's claims on the known ones of these words
UPDATE known_words SET claimed_by = NULL, claim_attempt = NULL, claimed_until = NULL
WHERE key IN (SELECT value FROM json_each(:keys)) AND claimed_by = :job_id

-- all_claims: every key that a job claims, live or expired
SELECT key FROM known_words WHERE claimed_by = :job_id

-- live_claims: the words that a job holds under a live claim
SELECT word, key FROM known_words WHERE claimed_by = :job_id AND claimed_until > :now ORDER BY key

-- learn_defined: make a word known at depth 1, unless it is known deeper
INSERT INTO known_words (key, word, graphical, depth, learned_at) VALUES (:key, :word, :graphical, 1, :at)
ON CONFLICT (key) DO UPDATE SET
    word = excluded.word, depth = 1, learned_at = coalesce(learned_at, excluded.learned_at), alias_of = NULL, relation = NULL
WHERE depth <= 1

-- save_definition: store a word's definition at depth 1
INSERT INTO definitions (key, document)
SELECT :key, :document WHERE EXISTS (SELECT 1 FROM known_words WHERE key = :key AND depth = 1)
ON CONFLICT (key) DO UPDATE SET document = excluded.document

-- revisions: the stored revision of each of the keys that have an entry
SELECT e.key, e.revision FROM json_each(:keys) AS j CROSS JOIN solidified_knowledge AS e ON e.key = j.value

-- save_entry: store an entry, replacing one of a lower revision
INSERT INTO solidified_knowledge (key, category, job_id, support, depth, revision, updated_at, document)
VALUES (:key, :category, :job_id, :support, :depth, :revision, :updated_at, :document)
ON CONFLICT (key) DO UPDATE SET
    category = excluded.category, job_id = excluded.job_id, support = excluded.support, depth = excluded.depth,
    revision = excluded.revision, updated_at = excluded.updated_at, document = excluded.document
WHERE excluded.revision > revision

-- learn_entry: make a word known at its entry's depth
INSERT INTO known_words (key, word, graphical, depth, learned_at) VALUES (:key, :word, :graphical, :rank, :at)
ON CONFLICT (key) DO UPDATE SET
    word = excluded.word, depth = excluded.depth, learned_at = coalesce(learned_at, excluded.learned_at), alias_of = NULL, relation = NULL

-- drop_definitions: for words whose entry now holds the definition
DELETE FROM definitions WHERE key IN (SELECT value FROM json_each(:keys))

-- drop_from_frontier: learned words
DELETE FROM frontier WHERE key IN (SELECT value FROM json_each(:keys))

-- drop_known_from_frontier: the known ones of these words
DELETE FROM frontier
WHERE key IN (SELECT j.value FROM json_each(:keys) AS j CROSS JOIN known_words AS k ON k.key = j.value WHERE k.depth > 0 OR k.alias_of IS NOT NULL)

-- known_words: depth, time, definition or entry of the known words among the keys
SELECT k.key, k.depth, k.learned_at, d.document, e.document
FROM json_each(:keys) AS j
CROSS JOIN known_words AS k ON k.key = j.value
LEFT JOIN definitions AS d ON d.key = k.key
LEFT JOIN solidified_knowledge AS e ON e.key = k.key AND d.key IS NULL
WHERE k.depth > 0

-- entries: those among the keys
SELECT e.key, e.document FROM json_each(:keys) AS j CROSS JOIN solidified_knowledge AS e ON e.key = j.value

-- left_defined: known words at depth 1 without a live claim, oldest first
SELECT word, key FROM known_words INDEXED BY known_words_left_defined
WHERE depth = 1 AND (claimed_until IS NULL OR claimed_until <= :now) ORDER BY learned_at, key LIMIT :limit

-- defined_words: words that have a definition and no entry, by key
SELECT k.learned_at, d.document
FROM definitions AS d
CROSS JOIN known_words AS k ON k.key = d.key
WHERE d.key > :key AND d.key >= :prefix AND d.key < :prefix_end AND k.depth = 1 ORDER BY d.key LIMIT :limit

-- export_page: entries after a key
SELECT key, document FROM solidified_knowledge WHERE key > :key ORDER BY key LIMIT :limit

-- newest_entries: entries, newest first
SELECT updated_at, key, document FROM solidified_knowledge
WHERE updated_at <= :updated_at AND (updated_at < :updated_at OR key > :key) {condition}
ORDER BY updated_at DESC, key LIMIT :limit

-- entries_by_word: entries whose key begins with a text; the key that is the text comes first by itself
SELECT e.key, e.document
FROM (
    SELECT key FROM solidified_knowledge INDEXED BY solidified_knowledge_words
    WHERE key >= :prefix AND key < :prefix_end AND key > :key {condition} ORDER BY key LIMIT :limit
) AS w
CROSS JOIN solidified_knowledge AS e ON e.key = w.key
ORDER BY e.key

-- widest_term: in how many entries the most common of the terms is, counted up to a ceiling
SELECT max((SELECT count(*) FROM (SELECT 1 FROM entry_search WHERE entry_search MATCH j.value LIMIT :ceiling)))
FROM json_each(:terms) AS j

-- texts_ranked: entries that match, best first; those found by their headword are left out
SELECT r.score, r.id, e.document
FROM (
    SELECT s.score, s.id
    FROM (SELECT rowid AS id, bm25(entry_search, 10.0, 4.0, 3.0, 1.0, 1.0, 0.0) AS score FROM entry_search WHERE entry_search MATCH :match) AS s
    CROSS JOIN solidified_knowledge AS e ON e.id = s.id
    WHERE (s.score, s.id) > (:score, :id) AND NOT (e.key >= :prefix AND e.key < :prefix_end) {condition}
    ORDER BY s.score, s.id LIMIT :limit
) AS r
CROSS JOIN solidified_knowledge AS e ON e.id = r.id
ORDER BY r.score, r.id

-- texts_newest: entries that match, last stored first; those found by their headword are left out
SELECT e.id, e.document
FROM entry_search AS s
CROSS JOIN solidified_knowledge AS e ON e.id = s.rowid
WHERE s.entry_search MATCH :match AND s.rowid < :id AND NOT (e.key >= :prefix AND e.key < :prefix_end)
ORDER BY s.rowid DESC LIMIT :limit

-- frontier_words: of these keys, those in the frontier
SELECT f.key, f.mentioned_by FROM json_each(:keys) AS j CROSS JOIN frontier AS f ON f.key = j.value

-- save_frontier_word: who mentions it
INSERT INTO frontier (key, word, mentions, mentioned_by, first_seen) VALUES (:key, :word, :mentions, :mentioned_by, :at)
ON CONFLICT (key) DO UPDATE SET mentions = excluded.mentions, mentioned_by = excluded.mentioned_by WHERE mentions <> excluded.mentions

-- frontier_page: most mentioned first; known words and words under a live claim are left out
SELECT f.mentions, f.key, f.word, f.mentioned_by, f.first_seen
FROM frontier AS f INDEXED BY frontier_most_mentioned
WHERE f.mentions <= :mentions AND (f.mentions < :mentions OR f.key > :key)
    AND NOT EXISTS (SELECT 1 FROM known_words AS k WHERE k.key = f.key AND (k.depth > 0 OR k.alias_of IS NOT NULL OR k.claimed_until > :now))
ORDER BY f.mentions DESC, f.key LIMIT :limit

-- totals: what triggers count, and the jobs
SELECT name, value, count FROM totals WHERE count > 0 UNION ALL SELECT 'jobs', '', count(*) FROM jobs

-- attempt: the stored attempt of a job
SELECT attempt FROM jobs WHERE job_id = :job_id

-- job: one document
SELECT document FROM jobs WHERE job_id = :job_id

-- save_job: replace the document
INSERT INTO jobs (job_id, mode, status, attempt, created_at, document) VALUES (:job_id, :mode, :status, :attempt, :created_at, :document)
ON CONFLICT (job_id) DO UPDATE SET
    mode = excluded.mode, status = excluded.status, attempt = excluded.attempt, created_at = excluded.created_at, document = excluded.document

-- jobs_page: newest first
SELECT document FROM jobs
WHERE created_at <= :created_at AND (created_at < :created_at OR job_id > :job_id) AND created_at >= :since
    AND (:statuses = '[]' OR status IN (SELECT value FROM json_each(:statuses))) AND (:mode IS NULL OR mode = :mode)
ORDER BY created_at DESC, job_id LIMIT :limit

-- append_log: one event
INSERT INTO job_log (job_id, attempt, seq, id, document) VALUES (:job_id, :attempt, :seq, :id, :document)
ON CONFLICT DO NOTHING

-- log_ids: which of these ids the log has
SELECT id FROM job_log WHERE job_id = :job_id AND id IN (SELECT value FROM json_each(:ids))

-- log_end: the last number of an attempt
SELECT coalesce(max(seq), 0) FROM job_log WHERE job_id = :job_id AND attempt = :attempt

-- log_page: events after (attempt, seq)
SELECT document FROM job_log WHERE job_id = :job_id AND (attempt, seq) > (:attempt, :seq) ORDER BY attempt, seq LIMIT :limit

-- log_page_before: the newest events before (attempt, seq), newest first
SELECT document FROM job_log WHERE job_id = :job_id AND (attempt, seq) < (:attempt, :seq) ORDER BY attempt DESC, seq DESC LIMIT :limit

-- request_stop: raise the flag
INSERT INTO job_stops (job_id) VALUES (:job_id) ON CONFLICT DO NOTHING

-- stop_requested: a row if the flag is raised
SELECT 1 FROM job_stops WHERE job_id = :job_id

-- clear_stop: lower the flag
DELETE FROM job_stops WHERE job_id = :job_id

-- save_round: once; a row comes back when it was new
INSERT INTO rounds (job_id, number, document) VALUES (:job_id, :number, :document) ON CONFLICT DO NOTHING RETURNING 1

-- round: one document
SELECT document FROM rounds WHERE job_id = :job_id AND number = :number

-- rounds_page: after a number
SELECT document FROM rounds WHERE job_id = :job_id AND number > :after ORDER BY number LIMIT :limit

-- save_batch: once; a row comes back when it was new
INSERT INTO batches (job_id, round, number, document) VALUES (:job_id, :round, :number, :document) ON CONFLICT DO NOTHING RETURNING 1

-- batches: of a job, or of one of its rounds
SELECT document FROM batches WHERE job_id = :job_id AND (:round IS NULL OR round = :round) ORDER BY round, number

-- quota_usage: of a model
SELECT document FROM quota_usage WHERE model = :model ORDER BY span

-- save_quota_usage: replace one window
INSERT INTO quota_usage (model, span, document) VALUES (:model, :window, :document) ON CONFLICT DO UPDATE SET document = excluded.document

-- cached_evidence: of a source for the keys, unless it has expired
SELECT c.key, c.document FROM json_each(:keys) AS j CROSS JOIN research_cache AS c ON c.source = :source AND c.key = j.value WHERE c.expires_at > :at

-- save_evidence: replace what a source said about a word
INSERT INTO research_cache (source, key, expires_at, document) VALUES (:source, :key, :expires_at, :document)
ON CONFLICT (source, key) DO UPDATE SET expires_at = excluded.expires_at, document = excluded.document

-- drop_expired_evidence: everything expired
DELETE FROM research_cache WHERE expires_at <= :now

-- words_page: known words after a key, with definition and entry
SELECT k.key, k.depth, k.learned_at, d.document, e.document
FROM known_words AS k
LEFT JOIN definitions AS d ON d.key = k.key
LEFT JOIN solidified_knowledge AS e ON e.key = k.key
WHERE k.key > :key AND k.depth > 0 ORDER BY k.key LIMIT :limit

-- put_word: take a known word over unchanged
INSERT INTO known_words (key, word, graphical, depth, learned_at) VALUES (:key, :word, :graphical, :rank, :at)
ON CONFLICT (key) DO UPDATE SET
    word = excluded.word, depth = excluded.depth, learned_at = excluded.learned_at, alias_of = NULL, relation = NULL

-- put_definition: take a definition over unchanged
INSERT INTO definitions (key, document) VALUES (:key, :document) ON CONFLICT (key) DO UPDATE SET document = excluded.document

-- frontier_by_key: the frontier after a key
SELECT key, word, mentioned_by, first_seen FROM frontier WHERE key > :key ORDER BY key LIMIT :limit

-- all_quota_usage: of all models
SELECT document FROM quota_usage ORDER BY model, span

-- evidence_page: unexpired evidence, after a source and a key
SELECT source, key, document FROM research_cache WHERE (source, key) > (:source, :key) AND expires_at > :at ORDER BY source, key LIMIT :limit

-- aliases: those among the keys
SELECT k.key, k.word, k.alias_of, k.relation FROM json_each(:keys) AS j CROSS JOIN known_words AS k ON k.key = j.value WHERE k.alias_of IS NOT NULL

-- alias_names: the aliases that known words among the keys have, as a JSON array
SELECT k.key, json_extract(coalesce(d.document, e.document), '$.aliases')
FROM json_each(:keys) AS j
CROSS JOIN known_words AS k ON k.key = j.value
LEFT JOIN definitions AS d ON d.key = k.key
LEFT JOIN solidified_knowledge AS e ON e.key = k.key
WHERE k.depth > 0

-- aliases_page: aliases after a key
SELECT key, word, alias_of, relation FROM known_words WHERE key > :key AND alias_of IS NOT NULL ORDER BY key LIMIT :limit

-- put_alias: make a key point to a word, unless it is known itself
INSERT INTO known_words (key, word, graphical, alias_of, relation) VALUES (:key, :word, :graphical, :of, :relation)
ON CONFLICT (key) DO UPDATE SET
    word = excluded.word, alias_of = excluded.alias_of, relation = excluded.relation,
    claimed_by = NULL, claim_attempt = NULL, claimed_until = NULL
WHERE depth = 0

-- names_page: what is stored under the keys after a key
SELECT key, word, depth, learned_at, alias_of, coalesce(claimed_until > :now, 0) FROM known_words WHERE key > :key ORDER BY key LIMIT :limit

-- words_among: known words among the keys, with definition and entry
SELECT k.key, k.depth, k.learned_at, d.document, e.document
FROM json_each(:keys) AS j
CROSS JOIN known_words AS k ON k.key = j.value
LEFT JOIN definitions AS d ON d.key = k.key
LEFT JOIN solidified_knowledge AS e ON e.key = k.key
WHERE k.depth > 0

-- drop_words: rows of words that become another's aliases
DELETE FROM known_words WHERE key IN (SELECT value FROM json_each(:keys))

-- drop_entries: of words that were merged
DELETE FROM solidified_knowledge WHERE key IN (SELECT value FROM json_each(:keys))

-- turn_aliases: let the aliases of the keys point to another word
UPDATE known_words SET alias_of = :of
WHERE key IN (SELECT k.key FROM json_each(:keys) AS j CROSS JOIN known_words AS k INDEXED BY known_words_aliases ON k.alias_of = j.value)

-- set_mentions: who mentions a frontier word now
UPDATE frontier SET mentions = :mentions, mentioned_by = :mentioned_by WHERE key = :key

-- detail_bytes: about how many bytes the rounds, batches and lines of each of the jobs take
SELECT job_id, sum(bytes) FROM (
    SELECT job_id, length(document) AS bytes FROM rounds WHERE job_id IN (SELECT value FROM json_each(:job_ids))
    UNION ALL SELECT job_id, length(document) FROM batches WHERE job_id IN (SELECT value FROM json_each(:job_ids))
    UNION ALL SELECT job_id, length(document) FROM job_log WHERE job_id IN (SELECT value FROM json_each(:job_ids))
) GROUP BY job_id

-- prune_rounds: a row comes back for each that is gone
DELETE FROM rounds WHERE rowid IN (SELECT rowid FROM rounds WHERE job_id = :job_id LIMIT :limit) RETURNING 1

-- prune_batches: a row comes back for each that is gone
DELETE FROM batches WHERE rowid IN (SELECT rowid FROM batches WHERE job_id = :job_id LIMIT :limit) RETURNING 1

-- prune_log: a row comes back for each that is gone
DELETE FROM job_log WHERE job_id = :job_id AND id IN (SELECT id FROM job_log WHERE job_id = :job_id LIMIT :limit) RETURNING 1

-- delete_job: unless details are left; a row comes back when it is gone
DELETE FROM jobs WHERE job_id = :job_id
    AND NOT EXISTS (SELECT 1 FROM rounds WHERE job_id = :job_id)
    AND NOT EXISTS (SELECT 1 FROM batches WHERE job_id = :job_id)
    AND NOT EXISTS (SELECT 1 FROM job_log WHERE job_id = :job_id)
RETURNING 1
