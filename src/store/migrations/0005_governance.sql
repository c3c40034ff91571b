-- Sources: a theme, and the words to find them by. A word is folded (no case, no accent) and kept as
-- bytes, so that the words with one beginning are one range of the index in both databases.
ALTER TABLE source ADD COLUMN theme TEXT NOT NULL DEFAULT 'other';
CREATE INDEX source_organisation ON source (organisation);
CREATE TABLE source_word (
    word BYTEA NOT NULL,
    source TEXT NOT NULL REFERENCES source (id),
    PRIMARY KEY (word, source)
);
CREATE INDEX source_word_source ON source_word (source);
CREATE INDEX dataset_published ON dataset (source, state, level);

-- Applications: drafts that are saved, what the route asks besides the purpose, rounds.
ALTER TABLE application ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';  -- JSON object: section, text
ALTER TABLE application ADD COLUMN until_ms BIGINT;     -- until when it is asked
ALTER TABLE application ADD COLUMN round BIGINT NOT NULL DEFAULT 1;     -- of the last submission
ALTER TABLE application ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE application ADD COLUMN changed_ms BIGINT;
CREATE INDEX application_created ON application (created_ms, id);
CREATE INDEX application_dataset_dataset ON application_dataset (dataset);
CREATE INDEX application_person_person ON application_person (person);
CREATE INDEX accreditation_fact_application ON accreditation_fact (application);

-- What was submitted, each time: the committee may adjourn, and the dossier be completed.
CREATE TABLE application_round (
    application TEXT NOT NULL REFERENCES application (id),
    round BIGINT NOT NULL,
    justification TEXT NOT NULL,
    answers TEXT NOT NULL,
    until_ms BIGINT,
    submitted_by TEXT NOT NULL REFERENCES person (id),
    submitted_ms BIGINT NOT NULL,
    PRIMARY KEY (application, round)
);
INSERT INTO application_round (application, round, justification, answers, submitted_by, submitted_ms)
    SELECT id, 1, justification, '{}', created_by, submitted_ms FROM application
    WHERE submitted_ms IS NOT NULL;

-- Exports: what each round said. Its files are told by the rounds of export_file.
CREATE TABLE export_round (
    export TEXT NOT NULL REFERENCES export (id),
    round BIGINT NOT NULL,
    title TEXT NOT NULL,
    context TEXT NOT NULL,
    submitted_ms BIGINT NOT NULL,
    PRIMARY KEY (export, round)
);
INSERT INTO export_round (export, round, title, context, submitted_ms)
    SELECT id, round, title, context, submitted_ms FROM export WHERE submitted_ms IS NOT NULL;
CREATE INDEX export_state ON export (state, submitted_ms);
CREATE INDEX export_author ON export (author, created_ms);
CREATE INDEX export_review_checker ON export_review (checker);
