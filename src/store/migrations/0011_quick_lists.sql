-- SPDX-License-Identifier: Apache-2.0
-- For lists. What a person is found by: name and login without case and accents, which the two databases
-- would not fold alike; earlier rows are filled when the server starts.
ALTER TABLE person ADD COLUMN sought TEXT NOT NULL DEFAULT '';
CREATE INDEX person_sought ON person (login, sought);
-- Those that live are few among all services that there ever were.
CREATE INDEX service_live ON service (person) WHERE state NOT IN ('stopped', 'failed');
CREATE INDEX service_person ON service (person, created_ms);
