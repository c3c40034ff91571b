# SPDX-License-Identifier: Apache-2.0
"""Rows of a large administration, written into the database of a stopped demonstration: what would take
days through the API. The same at each run; ids apart, which must look like ids."""
import json
import random
import sqlite3
import time

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
DAY = 86_400_000
ORGANISATIONS, PROJECTS, SOURCES, PERSONS = 1000, 700, 500, 20_000
DATASETS_PER_SOURCE, MEMBERS, APPLICATIONS, EXPORTS, SERVICES = 3, 10, 2, 3, 5
OF_SCIENTIST = 40      # projects that the measured scientist is in
NAMES = ("Adèle", "Bilal", "Chloé", "Driss", "Élise", "Farid", "Gwen", "Hugo", "Inès", "Jules")
WORDS = ("care", "income", "housing", "schools", "prices", "mobility", "energy", "births", "firms")


class Rows:
    def __init__(self, database):
        self.database = database
        self.random = random.Random(7)
        self.now = int(time.time() * 1000)

    def id(self, prefix):
        return prefix + "-" + "".join(self.random.choices(ALPHABET, k=16))

    def insert(self, table, rows):
        rows = list(rows)
        columns = ", ".join(rows[0])
        places = ", ".join("?" * len(rows[0]))
        self.database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})",
                                  [tuple(row.values()) for row in rows])
        return rows

    def past(self, days):
        return self.now - self.random.randrange(days * DAY)

    def person_id(self, login):
        return self.database.execute("SELECT id FROM person WHERE login = ?", (login,)).fetchone()[0]


def people(rows):
    organisations = rows.insert("organisation", (
        {"id": rows.id("org"), "name": f"Organisation {n:04}",
         "kind": rows.random.choice(("administration", "statistics", "university", "company")),
         "created_ms": rows.past(900)} for n in range(ORGANISATIONS)))
    persons = rows.insert("person", (
        {"id": rows.id("per"), "login": f"person{n:05}",
         "name": f"{rows.random.choice(NAMES)} Number{n:05}", "email": f"person{n:05}@example.org",
         "organisation": rows.random.choice(organisations)["id"], "roles": "", "language": "fr",
         "totp_last_step": 0, "created_ms": rows.past(900)} for n in range(PERSONS)))
    return organisations, persons


def project_rows(rows, organisations, persons):
    projects = rows.insert("project", (
        {"id": rows.id("prj"), "slug": f"project-{n:04}",
         "title": f"{rows.random.choice(WORDS).title()} and {rows.random.choice(WORDS)} {n}",
         "summary": "What changes, for whom, and since when. " * 6,
         "organisation": rows.random.choice(organisations)["id"], "route": "research",
         "purpose": "research", "legal_basis": "Law 51-711 of 7 June 1951",
         "tier": rows.random.choice(("open", "restricted")),
         "state": "open", "state_reason": "", "id_base": 300_000_000 + 65_536 * n,
         "encrypted": 0, "bucket_quota_bytes": 10 << 30, "starts_ms": rows.past(700),
         "ends_ms": rows.now + 400 * DAY, "created_by": rows.random.choice(persons)["id"],
         "created_ms": rows.past(700), "version": 1} for n in range(PROJECTS)))
    scientist = rows.person_id("scientist")
    members = []
    for number, project in enumerate(projects):
        chosen = [person["id"] for person in rows.random.sample(persons, MEMBERS)]
        if number < OF_SCIENTIST:
            chosen[1] = scientist
        project["members"] = chosen
        members += [{"project": project["id"], "person": person,
                     "roles": "lead" if place == 0 else "scientist",
                     "starts_ms": project["starts_ms"], "ends_ms": project["ends_ms"],
                     "added_by": chosen[0], "added_ms": project["starts_ms"]}
                    for place, person in enumerate(chosen)]
    rows.insert("project_member", members)
    return projects


def source_rows(rows, organisations, persons):
    producer = rows.person_id("producer")
    sources = rows.insert("source", (
        {"id": rows.id("src"), "slug": f"source-{n:04}",
         "title": f"Survey on {rows.random.choice(WORDS)} {n}", "summary": "Yearly since 2004. " * 10,
         "organisation": rows.random.choice(organisations)["id"], "legal_basis": "Law 51-711",
         "routes": "research", "purposes": "research", "rule_pack": rows.pack,
         "created_by": producer, "created_ms": rows.past(900), "version": 1}
        for n in range(SOURCES)))
    rows.insert("source_steward", (
        {"source": source["id"], "person": producer if n < 50 else rows.random.choice(persons)["id"],
         "added_ms": source["created_ms"]} for n, source in enumerate(sources)))
    words = {(word.encode(), source["id"]) for source in sources
             for word in source["title"].lower().split()}
    rows.insert("source_word", ({"word": word, "source": source} for word, source in sorted(words)))
    variables = json.dumps([{"name": f"v{n}", "label": f"Variable {n}", "type": "INTEGER",
                             "missing": 0, "distinct": 9} for n in range(40)])
    return rows.insert("dataset", (
        {"id": rows.id("dts"), "source": source["id"], "slug": f"year-{2020 + n}",
         "title": f"Year {2020 + n}", "vintage": str(2020 + n), "version": 1,
         "level": "scientific" if n else "public", "state": "published", "failure": "",
         "file_name": "survey.parquet", "file_size": 1 << 20, "file_sha256": "0" * 64,
         "rows_count": 10_000, "variables": variables, "encrypted": 0, "published_by": producer,
         "published_ms": rows.past(600)} for source in sources for n in range(DATASETS_PER_SOURCE)))


def work(rows, projects, datasets):
    applications, of_datasets, of_persons, exports, services = [], [], [], [], []
    for project in projects:
        lead, other = project["members"][0], project["members"][1]
        for n in range(APPLICATIONS):
            one = {"id": rows.id("app"), "project": project["id"],
                   "state": "submitted" if n else "draft", "justification": "To count. " * 20,
                   "created_by": lead, "created_ms": rows.past(600),
                   "submitted_ms": rows.past(300) if n else None}
            applications.append(one)
            of_datasets += [{"application": one["id"], "dataset": dataset["id"]}
                            for dataset in rows.random.sample(datasets, 2)]
            of_persons += [{"application": one["id"], "person": person} for person in (lead, other)]
        for n in range(EXPORTS):
            exports.append({"id": rows.id("exp"), "project": project["id"], "author": other,
                            "title": f"Tables {n}", "context": "Counts by region. " * 10,
                            "state": "submitted" if n == 0 else "draft", "round": 1 if n == 0 else 0,
                            "created_ms": rows.past(500),
                            "submitted_ms": rows.past(200) if n == 0 else None, "version": 1})
        for n in range(SERVICES):
            began = rows.past(400)
            services.append({"id": rows.id("svc"), "project": project["id"], "person": other,
                             "definition": "jupyterlab", "name": "JupyterLab", "state": "stopped",
                             "state_reason": "services.asked", "state_detail": "",
                             "created_ms": began, "ready_ms": began + 2000,
                             "ended_ms": began + 3_600_000, "active_ms": began + 3_000_000})
    rows.insert("application", applications)
    rows.insert("application_dataset", of_datasets)
    rows.insert("application_person", of_persons)
    rows.insert("export", exports)
    rows.insert("service", services)


def fill(path):
    """Writes everything; gives the ids of two projects: the scientist's, and another."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA foreign_keys = ON")
        rows = Rows(database)
        rows.pack = database.execute("SELECT rule_pack FROM source").fetchone()[0]
        organisations, persons = people(rows)
        projects = project_rows(rows, organisations, persons)
        work(rows, projects, source_rows(rows, organisations, persons))
        database.execute("ANALYZE")
    return projects[0]["id"]
