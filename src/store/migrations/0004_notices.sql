-- SPDX-License-Identifier: Apache-2.0
-- What people are told. A notice is written in the savepoint of the action that causes it; a mail is one
-- row of a queue, for one notice or for a day's digest of them, and is handed over at most once.
CREATE TABLE mail (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,                 -- notice, digest
    extra TEXT NOT NULL,                -- a paragraph besides its notices: what awaits the person
    state TEXT NOT NULL,                -- due, sending, sent, failed, unknown, dropped
    tries BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    failure TEXT NOT NULL,              -- what the mail server said last, or ''
    created_ms BIGINT NOT NULL,
    ended_ms BIGINT                     -- sent, or given up
);
CREATE INDEX mail_due ON mail (state, due_ms);

CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    project TEXT REFERENCES project (id),
    reason TEXT NOT NULL,               -- slug, or ''
    detail TEXT NOT NULL,               -- what somebody wrote about it: for the page alone
    created_ms BIGINT NOT NULL,
    read_ms BIGINT,
    digest BIGINT NOT NULL,             -- 1 while it may go into a digest
    mail TEXT REFERENCES mail (id)
);
CREATE INDEX notice_person ON notice (person, created_ms);
CREATE INDEX notice_mail ON notice (mail);
CREATE INDEX notice_digest_due ON notice (digest, person);

-- Only what a person chose; the rest is the table of kinds'.
CREATE TABLE notice_choice (
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,              -- page, mail, digest, none
    PRIMARY KEY (person, kind)
);

-- At most one digest per person and day.
CREATE TABLE notice_digest (
    person TEXT NOT NULL REFERENCES person (id),
    day TEXT NOT NULL,                  -- 2026-11-27, in the server's time zone
    mail TEXT REFERENCES mail (id),     -- NULL: there was nothing to say
    PRIMARY KEY (person, day)
);
