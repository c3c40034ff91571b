-- SPDX-License-Identifier: Apache-2.0
-- Texts that officers write. Version 0 of each is inside the program.
CREATE TABLE text_version (
    name TEXT NOT NULL,                 -- terms, privacy, accessibility
    version BIGINT NOT NULL,            -- 1, 2, ...
    fr TEXT NOT NULL,                   -- Markdown
    en TEXT NOT NULL,
    asks BIGINT NOT NULL,               -- 1: everybody is asked to accept it
    written_by TEXT NOT NULL REFERENCES person (id),
    written_ms BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE text_acceptance (
    person TEXT NOT NULL REFERENCES person (id),
    version BIGINT NOT NULL,            -- of the terms
    accepted_ms BIGINT NOT NULL,
    PRIMARY KEY (person, version)
);
