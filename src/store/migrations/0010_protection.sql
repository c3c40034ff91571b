-- SPDX-License-Identifier: Apache-2.0
-- Keys of pseudonyms and of records: one for each producer, project and identifier domain.
CREATE TABLE pseudonym_key (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    project TEXT NOT NULL,              -- '': for files that serve every project
    domain TEXT NOT NULL,
    sealed BYTEA,                       -- sealed with the instance key; NULL once destroyed
    created_by TEXT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    destroyed_by TEXT REFERENCES person (id),
    destroyed_ms BIGINT,
    reason TEXT NOT NULL,
    UNIQUE (organisation, project, domain)
);

-- A raw file on its way to being a protected version of a dataset. The file itself is never here.
CREATE TABLE protection (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (id),
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    vintage TEXT NOT NULL,
    level TEXT NOT NULL,
    variables TEXT NOT NULL,            -- JSON array of {name,label,description?}, may be empty
    recipe TEXT NOT NULL,               -- JSON
    project TEXT NOT NULL,              -- whose keys are used; '': the common ones
    state TEXT NOT NULL,                -- waiting, receiving, running, ready, published, failed, discarded
    failure TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    report TEXT NOT NULL,               -- JSON, '' until it is made
    dataset TEXT REFERENCES dataset (id),
    created_by TEXT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL
);
CREATE INDEX protection_source ON protection (source, created_ms);
CREATE INDEX protection_state ON protection (state);

-- How a published dataset was made: for its stewards.
CREATE TABLE dataset_report (
    dataset TEXT PRIMARY KEY REFERENCES dataset (id),
    recipe TEXT NOT NULL,
    report TEXT NOT NULL
);
