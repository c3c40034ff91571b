-- SPDX-License-Identifier: Apache-2.0
-- What a bucket holds, kept in step with its rows in the same savepoint: a quota is checked at each
-- put, and adding up a million objects there would hold the writer.
CREATE TABLE lake_usage (
    project TEXT PRIMARY KEY REFERENCES project (id),
    objects BIGINT NOT NULL,
    bytes BIGINT NOT NULL               -- of objects, and of the parts of uploads under way
);

ALTER TABLE lake_part ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
ALTER TABLE lake_upload ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
CREATE INDEX lake_upload_key ON lake_upload (project, key, id);
