-- SPDX-License-Identifier: Apache-2.0
-- The data model of the first Darse. Times are milliseconds since the epoch, booleans 0 or 1.
-- A right is never stored as a flag: it is computed from the signed facts below.

-- identity ---------------------------------------------------------------------------------------
CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                 -- administration, statistics, university, company
    created_ms BIGINT NOT NULL
);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    roles TEXT NOT NULL,                -- platform roles, separated by spaces
    language TEXT NOT NULL,             -- fr, en
    password_hash TEXT,                 -- argon2id; NULL: cannot sign in with a password
    totp_sealed BYTEA,                  -- second factor's secret, sealed with the instance key
    totp_last_step BIGINT NOT NULL,     -- last time step used: a code works once
    disabled_ms BIGINT,
    created_ms BIGINT NOT NULL
);

CREATE TABLE recovery_code (
    person TEXT NOT NULL REFERENCES person (id),
    code_hash TEXT NOT NULL,
    used_ms BIGINT,
    PRIMARY KEY (person, code_hash)
);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    csrf_hash TEXT NOT NULL,
    second_factor BIGINT NOT NULL,      -- 1 once the second factor was given
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT
);
CREATE INDEX session_person ON session (person);

CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,               -- separated by spaces
    second_factor BIGINT NOT NULL,      -- 1 when made in a session with the second factor
    created_ms BIGINT NOT NULL,
    used_ms BIGINT,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);
CREATE INDEX api_token_person ON api_token (person);

-- projects ---------------------------------------------------------------------------------------
CREATE TABLE project (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    route TEXT NOT NULL,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    tier TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    id_base BIGINT NOT NULL UNIQUE,     -- first host user id of the project's bubbles
    encrypted BIGINT NOT NULL,          -- 1 when its folder is encrypted at rest
    bucket_quota_bytes BIGINT NOT NULL,
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE project_member (
    project TEXT NOT NULL REFERENCES project (id),
    person TEXT NOT NULL REFERENCES person (id),
    roles TEXT NOT NULL,                -- lead, scientist, business; separated by spaces
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    added_by TEXT NOT NULL REFERENCES person (id),
    added_ms BIGINT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (project, person)
);
CREATE INDEX project_member_person ON project_member (person);

-- sources and datasets -----------------------------------------------------------------------------
CREATE TABLE source (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisation (id),
    legal_basis TEXT NOT NULL,
    routes TEXT NOT NULL,               -- allowed routes, separated by spaces
    purposes TEXT NOT NULL,             -- allowed purposes, separated by spaces
    rule_pack TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE source_steward (
    source TEXT NOT NULL REFERENCES source (id),
    person TEXT NOT NULL REFERENCES person (id),
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (source, person)
);

CREATE TABLE dataset (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (id),
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    vintage TEXT NOT NULL,
    version BIGINT NOT NULL,
    level TEXT NOT NULL,                -- secure, scientific, public
    state TEXT NOT NULL,                -- reading, published, failed
    failure TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    rows_count BIGINT NOT NULL,
    variables TEXT NOT NULL,            -- JSON array: name, type, label, missing, ...
    encrypted BIGINT NOT NULL,
    published_by TEXT NOT NULL REFERENCES person (id),
    published_ms BIGINT NOT NULL,
    UNIQUE (source, slug, version)
);

-- accreditation ------------------------------------------------------------------------------------
CREATE TABLE application (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES project (id),
    state TEXT NOT NULL,                -- draft, submitted, decided, withdrawn
    justification TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES person (id),
    created_ms BIGINT NOT NULL,
    submitted_ms BIGINT,
    decided_ms BIGINT
);
CREATE INDEX application_project ON application (project);

CREATE TABLE application_dataset (
    application TEXT NOT NULL REFERENCES application (id),
    dataset TEXT NOT NULL REFERENCES dataset (id),
    PRIMARY KEY (application, dataset)
);

CREATE TABLE application_person (
    application TEXT NOT NULL REFERENCES application (id),
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (application, person)
);

-- Signed facts: the only ground of an accreditation. A fact is about a project, and where its kind
-- says so about a dataset and a person. It is never changed: it is revoked, and another one signed.
CREATE TABLE accreditation_fact (
    id TEXT PRIMARY KEY,
    application TEXT REFERENCES application (id),
    project TEXT NOT NULL REFERENCES project (id),
    dataset TEXT REFERENCES dataset (id),
    person TEXT REFERENCES person (id),
    term TEXT NOT NULL,                 -- steward_agreement, committee_opinion, need_to_know, undertaking
    outcome TEXT NOT NULL,              -- agreed, refused, favourable, adjourned, signed, ...
    comment TEXT NOT NULL,
    signed_by TEXT NOT NULL REFERENCES person (id),
    signed_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT,
    revoked_by TEXT REFERENCES person (id),
    revoked_reason TEXT
);
CREATE INDEX accreditation_fact_project ON accreditation_fact (project);

-- volumes, labels, the lake --------------------------------------------------------------------------
-- The label of a volume: every dataset that was ever mounted beside it. Never shrinks.
CREATE TABLE volume_label (
    volume TEXT NOT NULL,               -- "<project>/files", "<project>/home/<person>", "<project>/bucket"
    project TEXT NOT NULL REFERENCES project (id),
    dataset TEXT NOT NULL REFERENCES dataset (id),
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (volume, dataset)
);

CREATE TABLE lake_key (
    access_key TEXT PRIMARY KEY,
    secret_sealed BYTEA NOT NULL,       -- signatures need the secret itself: sealed, not hashed
    person TEXT NOT NULL REFERENCES person (id),
    project TEXT NOT NULL REFERENCES project (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

CREATE TABLE lake_object (
    project TEXT NOT NULL REFERENCES project (id),
    key BYTEA NOT NULL,                 -- UTF-8 bytes: ordered as S3 lists
    object TEXT NOT NULL,               -- id of this content
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    content_type TEXT NOT NULL,
    headers TEXT NOT NULL,              -- JSON object of kept headers and x-amz-meta-*
    parts TEXT NOT NULL,                -- JSON array of {file, size}: one for a single put
    uploader TEXT NOT NULL,             -- person id or "service:<id>"
    uploader_outside BIGINT NOT NULL,   -- 1 when it came from outside a bubble
    modified_ms BIGINT NOT NULL,
    PRIMARY KEY (project, key)
);

CREATE TABLE lake_upload (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES project (id),
    key BYTEA NOT NULL,
    content_type TEXT NOT NULL,
    headers TEXT NOT NULL,
    uploader TEXT NOT NULL,
    uploader_outside BIGINT NOT NULL,
    started_ms BIGINT NOT NULL
);

CREATE TABLE lake_part (
    upload TEXT NOT NULL REFERENCES lake_upload (id),
    number BIGINT NOT NULL,
    file TEXT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    PRIMARY KEY (upload, number)
);

-- services -----------------------------------------------------------------------------------------
CREATE TABLE service (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES project (id),
    person TEXT NOT NULL REFERENCES person (id),
    definition TEXT NOT NULL,           -- "jupyter"
    name TEXT NOT NULL,
    state TEXT NOT NULL,                -- queued, starting, ready, freezing, stopping, stopped, failed
    state_reason TEXT NOT NULL,         -- slug
    state_detail TEXT NOT NULL,         -- sentence
    created_ms BIGINT NOT NULL,
    ready_ms BIGINT,
    ended_ms BIGINT,
    active_ms BIGINT NOT NULL
);
CREATE INDEX service_project ON service (project);

CREATE TABLE service_dataset (
    service TEXT NOT NULL REFERENCES service (id),
    dataset TEXT NOT NULL REFERENCES dataset (id),
    PRIMARY KEY (service, dataset)
);

CREATE TABLE service_event (
    service TEXT NOT NULL REFERENCES service (id),
    number BIGINT NOT NULL,
    step TEXT NOT NULL,                 -- queued, image, container, listening, ready, frozen, stopped, failed
    detail TEXT NOT NULL,
    time_ms BIGINT NOT NULL,
    PRIMARY KEY (service, number)
);

CREATE TABLE service_ticket (
    ticket_hash TEXT PRIMARY KEY,
    service TEXT NOT NULL REFERENCES service (id),
    person TEXT NOT NULL REFERENCES person (id),
    session TEXT NOT NULL,
    second_factor BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT
);

CREATE TABLE service_cookie (
    cookie_hash TEXT PRIMARY KEY,
    service TEXT NOT NULL REFERENCES service (id),
    person TEXT NOT NULL REFERENCES person (id),
    session TEXT NOT NULL,
    second_factor BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- airlock ------------------------------------------------------------------------------------------
CREATE TABLE export (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES project (id),
    author TEXT NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    context TEXT NOT NULL,              -- what the tables are, population, method
    state TEXT NOT NULL,                -- draft, submitted, approved, returned, rejected, released, withdrawn
    round BIGINT NOT NULL,              -- 1, 2, ...: each submission is one
    created_ms BIGINT NOT NULL,
    submitted_ms BIGINT,
    decided_ms BIGINT,
    released_ms BIGINT,
    release_sha256 TEXT,
    audit_sequence BIGINT,              -- leaf of the release
    version BIGINT NOT NULL
);
CREATE INDEX export_project ON export (project);

-- The label of the export: datasets of the project's files when a file was added. Never shrinks.
CREATE TABLE export_label (
    export TEXT NOT NULL REFERENCES export (id),
    dataset TEXT NOT NULL REFERENCES dataset (id),
    PRIMARY KEY (export, dataset)
);

CREATE TABLE export_file (
    id TEXT PRIMARY KEY,
    export TEXT NOT NULL REFERENCES export (id),
    round BIGINT NOT NULL,              -- round in which it was added
    name TEXT NOT NULL,                 -- path in the release
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- csv, parquet
    declaration TEXT NOT NULL,          -- JSON: count, total and largest-contributor columns
    lint TEXT NOT NULL,                 -- JSON: the rules applied and the cells flagged
    verdict TEXT NOT NULL,              -- pass, flagged, refused
    added_ms BIGINT NOT NULL,
    removed_round BIGINT                -- round in which the author took it out
);
CREATE INDEX export_file_export ON export_file (export);

CREATE TABLE export_review (
    export TEXT NOT NULL REFERENCES export (id),
    round BIGINT NOT NULL,
    checker TEXT NOT NULL REFERENCES person (id),
    decision TEXT NOT NULL,             -- approve, return, reject
    comment TEXT NOT NULL,
    reviewed_ms BIGINT NOT NULL,
    PRIMARY KEY (export, round, checker)
);

-- instance -----------------------------------------------------------------------------------------
CREATE TABLE instance_fact (
    name TEXT PRIMARY KEY,              -- "demonstration", "instance_id"
    value TEXT NOT NULL
);
