# SPDX-License-Identifier: Apache-2.0
"""Finding a source, writing an application over several days, deciding in rounds, reviewing an export
that comes back: through the API, as the people involved."""
import pytest

API = "/api/v1"
TABLE = "received/turnover-by-activity.csv"


@pytest.fixture(scope="module")
def who(client_for):
    class Who:
        def __getattr__(self, login):
            return client_for(login)
    return Who()


@pytest.fixture(scope="module")
def projects(restricted, secure):
    return {"restricted": restricted, "secure": secure}


def found(client, query):
    return {one["slug"] for one in client.ok("GET", f"{API}/sources?{query}")["items"]}


def test_sources_are_found_by_what_is_in_them(who):
    everything = found(who.scientist, "limit=200")
    assert "health-insurance" in everything and len(everything) >= 2
    by_variable = found(who.scientist, "q=turnover")
    assert by_variable and by_variable != everything
    assert found(who.scientist, "q=TURN") == by_variable            # the beginning, any case
    assert found(who.scientist, "q=urnover") == set()
    assert found(who.scientist, "theme=business") == by_variable
    assert found(who.scientist, "level=public") == {"employees"}
    # Other scenarios on the same server may have sources of their own.
    assert "health-insurance" in found(who.producer, "steward=me")
    assert not found(who.producer, "steward=me") & by_variable
    who.scientist.refused("GET", f"{API}/sources?theme=astrology", status=400)
    who.scientist.refused("GET", f"{API}/sources?q=a+b+c+d+e+f+g", status=400,
                          reason="sources.too_many_words")
    facets = who.scientist.ok("GET", f"{API}/source-facets?theme=business")
    assert facets["total"] == len(by_variable)
    themes = {one["value"]: one["count"] for one in facets["themes"]}
    assert themes["business"] == len(by_variable) and themes["health"] >= 1


LEVELS_OF = {"open": ["public"], "restricted": ["public", "scientific"],
             "secure": ["public", "scientific", "secure"]}


def test_where_one_may_apply(who, projects):
    source = who.scientist.ok("GET", f"{API}/sources?theme=business")["items"][0]
    path = f"{API}/sources/{source['id']}/openings"
    levels = {one["id"]: one["level"]
              for one in who.scientist.ok("GET", f"{API}/sources/{source['id']}")["datasets"]}
    openings = who.scientist.ok("GET", path)["items"]
    assert {one["project"]["id"] for one in openings} >= {one["id"] for one in projects.values()}
    for opening in openings:
        for row in opening["datasets"]:
            level, tier = levels[row["dataset"]], opening["project"]["tier"]
            if level in LEVELS_OF[tier]:
                assert row["allowed"]
            else:
                assert not row["allowed"] and row["reason"] == "policy.tier_level"
    assert who.producer.ok("GET", path)["items"] == []              # in no project


def test_an_application_is_written_adjourned_and_completed(who, projects):
    project = projects["restricted"]
    source = who.scientist.ok("GET", f"{API}/sources?theme=health")["items"][0]
    dataset = next(one for one in who.scientist.ok(
        "GET", f"{API}/sources/{source['id']}")["datasets"] if one["level"] == "scientific")
    draft = who.scientist.ok("POST", f"{API}/projects/{project['id']}/applications", {}, 201)
    path = f"{API}/applications/{draft['id']}"
    assert draft["missing"] == ["datasets", "persons", "justification"]
    who.scientist.refused("POST", path + "/submit", status=409, reason="accreditation.incomplete")
    for outsider in (who.producer, who.committee, who.checker1):
        outsider.refused("PATCH", path, {"justification": "Mine."}, status=404)
    saved = who.lead.ok("PATCH", path, {"datasets": [dataset["id"]], "persons": ["scientist"],
                                        "version": draft["version"]})
    who.scientist.refused("PATCH", path, {"justification": "Lost?", "version": draft["version"]},
                          status=409, reason="accreditation.version")
    who.scientist.refused("PATCH", path, {"answers": {"magic": "x"}}, status=400)
    saved = who.scientist.ok("PATCH", path, {
        "justification": "First text.", "answers": {"method": "Counts."}, "until": "2027-12-31",
        "version": saved["version"]})
    assert saved["missing"] == [] and saved["may"]["submit"] and saved["sections"][0] == "method"
    assert who.scientist.ok("POST", path + "/submit")["round"] == 1
    who.producer.ok("POST", path + "/agreements", {"dataset": dataset["id"], "outcome": "agreed"})
    adjourned = {"outcome": "adjourned"}
    who.committee.refused("POST", path + "/opinion", adjourned, status=400,
                          reason="accreditation.comment_needed")
    who.committee.ok("POST", path + "/opinion", {**adjourned, "comment": "Which counts?"})
    shown = who.scientist.ok("GET", path)
    assert shown["state"] == "adjourned" and shown["may"]["edit"]
    kinds = {(one["kind"], one["object"]) for one in who.scientist.ok("GET", f"{API}/me/tasks")["items"]}
    assert ("complete_application", draft["id"]) in kinds
    who.scientist.refused("PATCH", path, {"persons": ["lead"]}, status=409,
                          reason="accreditation.agreed_already")
    who.scientist.ok("PATCH", path, {"answers": {"method": "Counts by class of visits."}})
    assert who.scientist.ok("POST", path + "/submit")["round"] == 2
    whole = who.committee.ok("GET", path)
    assert [one["answers"].get("method") for one in whole["rounds"]] == \
        ["Counts.", "Counts by class of visits."]
    assert [one["what"] for one in whole["history"]] == \
        ["created", "submitted", "signed", "signed", "submitted"]
    assert whole["may"]["opine"] and not whole["may"]["edit"]
    assert whole["persons"][0]["organisation"] and whole["project"]["leads"]
    earlier = who.committee.ok("GET", path + "/earlier")["items"]
    assert all(one["application"] != draft["id"] for one in earlier)
    mine = who.scientist.ok("GET", f"{API}/applications?author=me&state=submitted")["items"]
    assert draft["id"] in {one["id"] for one in mine}
    assert who.scientist.ok("POST", path + "/withdraw")["state"] == "withdrawn"
    who.committee.refused("POST", path + "/opinion",
                          {"outcome": "favourable", "expires": "2027-11-01"}, status=409,
                          reason="accreditation.withdrawn")


def review(server, client, login, path, decision, comment):
    return client.ok("POST", path + "/reviews", {"decision": decision, "comment": comment,
                                                 "code": server.code(login)})


def queued(client, queue):
    return [one["id"] for one in client.ok("GET", f"{API}/exports?queue={queue}&limit=200")["items"]]


def test_an_export_that_comes_back(server, who, projects):
    """Two checkers return it; the corrected file stands beside the one that they saw before."""
    made = who.scientist.ok("POST", f"{API}/projects/{projects['secure']['id']}/exports", {
        "title": "Comes back", "context": "First words."}, 201)
    path = f"{API}/exports/{made['id']}"
    declared = {"path": TABLE, "declaration": {"count": "units"}}
    first = who.scientist.ok("POST", path + "/files", declared, 201)
    who.scientist.ok("POST", path + "/submit")
    later = who.scientist.ok("POST", f"{API}/projects/{projects['secure']['id']}/exports", {
        "title": "Later", "context": "Waits less long."}, 201)
    who.scientist.ok("POST", f"{API}/exports/{later['id']}/files", declared, 201)
    who.scientist.ok("POST", f"{API}/exports/{later['id']}/submit")
    order = [one for one in queued(who.checker1, "review") if one in (made["id"], later["id"])]
    assert order == [made["id"], later["id"]]               # who waits longest comes first
    assert made["id"] in queued(who.scientist, "mine")
    who.scientist.refused("GET", f"{API}/exports?queue=reviewed", status=403)
    review(server, who.checker1, "checker1", path, "return", "Hide the small cells.")
    returned = review(server, who.checker2, "checker2", path, "return", "As the other says.")
    assert returned["state"] == "returned"
    assert made["id"] in queued(who.checker1, "reviewed")
    who.scientist.ok("DELETE", f"{path}/files/{first['id']}", status=204)
    second = who.scientist.ok("POST", path + "/files", declared, 201)
    who.scientist.ok("PATCH", path, {"context": "Better words."})
    who.scientist.ok("POST", path + "/submit")
    shown = who.checker1.ok("GET", path)
    assert [one["context"] for one in shown["rounds"]] == ["First words.", "Better words."]
    assert shown["round"] == 2 and shown["files_count"] == 1
    assert shown["removed_files"][0]["id"] == first["id"]
    for file in (first, second):                            # both rounds, side by side
        rows = who.checker1.ok("GET", f"{path}/files/{file['id']}/preview?limit=2")
        further = who.checker1.ok("GET", f"{path}/files/{file['id']}/preview?limit=2&offset=1")
        assert further["offset"] == 1 and further["values"][0] == rows["values"][1]
    who.checker1.refused("GET", f"{path}/files/{second['id']}/preview?offset=-1", status=400)
    for one in (made, later):
        who.scientist.ok("POST", f"{API}/exports/{one['id']}/withdraw")
