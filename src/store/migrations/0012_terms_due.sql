-- SPDX-License-Identifier: Apache-2.0
-- Until when those who were here before may go on without having accepted a version of the terms that
-- asks for it. Versions written before had no such time: they are due.
ALTER TABLE text_version ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
UPDATE text_version SET due_ms = written_ms WHERE asks = 1;
