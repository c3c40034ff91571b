-- SPDX-License-Identifier: Apache-2.0
-- What was done under an Idempotency-Key, for a day.
CREATE TABLE once (
    person TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (person, key_hash)
);
CREATE INDEX once_created ON once (created_ms);
