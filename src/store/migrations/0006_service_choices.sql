-- SPDX-License-Identifier: Apache-2.0
-- What a person chose at a launch. ends_ms: when the service is stopped; 0 for those launched before.
ALTER TABLE service ADD COLUMN cpus BIGINT NOT NULL DEFAULT 2;
ALTER TABLE service ADD COLUMN memory_mib BIGINT NOT NULL DEFAULT 2048;
ALTER TABLE service ADD COLUMN ends_ms BIGINT NOT NULL DEFAULT 0;
