# SPDX-License-Identifier: Apache-2.0
"""Schemathesis makes calls from the API document, as persons of several roles, with real identifiers among
the invented ones. No answer may be a 5xx, or one that the document does not describe: status, media type,
fields, headers."""
import json
import os
import re
import subprocess
import sys
from datetime import date, timedelta

import pytest

from darse import Server

API = "/api/v1"
ROLES = ("officer", "scientist", "producer", "checker1", "auditor")
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,response_headers_conformance")
# What cannot be called at random: streams do not end, and the others would end what is used to call.
LEFT_OUT = ("get_events", "get_services_service_events", "delete_session",
            "delete_me_tokens_token", "delete_me_sessions_session", "post_me_password",
            "post_projects_project_services", "patch_persons_person",
            "post_persons_person_reset_second_factor")


@pytest.fixture(scope="module")
def fuzzed(darse_binary):
    """A server of its own: what is called at random leaves it in no state for others."""
    with Server(darse_binary) as server:
        server.load_demonstration()
        yield server


def token_of(server, login):
    until = (date.today() + timedelta(days=30)).isoformat()
    return server.client_for(login).ok(
        "POST", f"{API}/me/tokens", {"name": "document", "expires": until,
                                     "scopes": ["read", "work", "govern", "admin"]})["token"]


def identifiers(server):
    """Of each {name} of the paths, some that exist."""
    officer, scientist = server.client_for("officer"), server.client_for("scientist")
    projects = officer.ok("GET", f"{API}/projects?limit=200")["items"]
    sources = officer.ok("GET", f"{API}/sources")["items"]
    datasets = [dataset for source in sources for dataset in
                officer.ok("GET", f"{API}/sources/{source['id']}")["datasets"]]
    applications = scientist.ok("GET", f"{API}/applications")["items"]
    project = next(one for one in projects if one["slug"] == "care-use")
    export = scientist.ok("POST", f"{API}/projects/{project['id']}/exports",
                          {"title": "Tables", "context": "Counts."})
    application = scientist.ok("POST", f"{API}/projects/{project['id']}/applications", {
        "datasets": [next(one["id"] for one in datasets if one["level"] != "secure")], "persons": ["scientist"], "justification": "To count."})
    return {
        "project": [one["id"] for one in projects], "source": [one["id"] for one in sources],
        "dataset": [one["id"] for one in datasets], "export": [export["id"]],
        "application": [one["id"] for one in [application, *applications]],
        "person": [one["id"] for one in officer.ok("GET", f"{API}/persons")["items"]],
        "sequence": ["0", "7", "100000000"],
    }


def document_with(server, real):
    document = server.stranger().ok("GET", f"{API}/openapi.json")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                known = real.get(parameter.get("name")) if parameter.get("in") == "path" else None
                if known:
                    parameter["example"] = known[0]
                    parameter["schema"] = {"anyOf": [{"enum": known}, {"enum": known},
                                                     {"type": "string", "minLength": 1}]}
    return document


def run(server, folder, login, document, examples, phases, seconds):
    """The token goes by a file, as secrets do. One worker: the parser of Python 3.11, which the
    generator uses, fails now and then when two threads are in it."""
    (folder / "api.json").write_text(json.dumps(document))
    config = folder / f"{login}.toml"
    config.touch(mode=0o600)
    config.write_text(f"[headers]\nAuthorization = \"Bearer {token_of(server, login)}\"\n")
    left_out = [word for name in LEFT_OUT for word in ("--exclude-operation-id", name)]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
         str(folder / "api.json"), "--url", server.url, "--checks", CHECKS, "--phases", phases,
         "--max-examples", str(examples), "--seed", "7", "--workers", "1", "--no-color",
         "--suppress-health-check", "all", "--generation-database", "none", "--no-shrink",
         "--generation-with-security-parameters", "false", "--continue-on-failure",
         "--max-time", str(seconds), *left_out],
        capture_output=True, text=True, timeout=1500, check=False, cwd=folder,
        env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, f"{login}:\n{done.stdout[:6000]}\n[...]\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def calls(text):
    """How many calls were made."""
    return int(re.search(r"(\d+) generated", text).group(1))


@pytest.fixture(scope="module")
def described(fuzzed):
    return document_with(fuzzed, identifiers(fuzzed))


@pytest.mark.parametrize("login", ROLES)
def test_no_undocumented_answer(fuzzed, described, tmp_path, login):
    assert calls(run(fuzzed, tmp_path, login, described, 4, "examples,coverage,fuzzing", 25)) > 20


def test_what_is_not_documented_is_found(fuzzed, described, tmp_path):
    """The check itself: a document that forgets an answer and a field does not pass."""
    lying = json.loads(json.dumps(described))
    lying["paths"] = {path: {"get": lying["paths"][path]["get"]}
                      for path in (f"{API}/projects", f"{API}/projects/{{project}}")}
    del lying["paths"][f"{API}/projects/{{project}}"]["get"]["responses"]["404"]
    lying["components"]["schemas"]["Project"]["properties"]["purpose"] = {"type": "integer"}
    with pytest.raises(AssertionError) as found:
        run(fuzzed, tmp_path, "officer", lying, 4, "examples,coverage,fuzzing", 20)
    assert "Undocumented status code" in str(found.value)
    assert "violates schema" in str(found.value)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("login", ROLES)
def test_no_undocumented_answer_at_length(fuzzed, described, tmp_path, login):
    run(fuzzed, tmp_path, login, described, 60, "examples,coverage,fuzzing,stateful",
        int(os.environ.get("DARSE_DOCUMENT_SECONDS", "300")))
