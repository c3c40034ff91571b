-- SPDX-License-Identifier: Apache-2.0
-- The audit log. Leaves are for ever; a body may be erased without breaking a proof.
CREATE TABLE audit_leaf (
    sequence BIGINT PRIMARY KEY,
    time_ms BIGINT NOT NULL,
    body_hash BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL
);
CREATE TABLE audit_body (
    sequence BIGINT PRIMARY KEY REFERENCES audit_leaf (sequence),
    salt BYTEA NOT NULL,
    entry TEXT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    object TEXT,
    project TEXT
);
CREATE INDEX audit_leaf_time ON audit_leaf (time_ms);
CREATE INDEX audit_body_actor ON audit_body (actor, sequence);
CREATE INDEX audit_body_verb ON audit_body (verb, sequence);
CREATE INDEX audit_body_object ON audit_body (object, sequence) WHERE object IS NOT NULL;
CREATE INDEX audit_body_project ON audit_body (project, sequence) WHERE project IS NOT NULL;
