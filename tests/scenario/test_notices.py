# SPDX-License-Identifier: Apache-2.0
"""What people are told, on the page and by mail, through a real mail server."""
import os
import re
import subprocess
import time

import pytest

from conftest import project_of
from darse import wait_until
from mail_server import PASSWORD, USER, MailServer, make_certificate

API = "/api/v1"
WORDS = "Words that somebody wrote, and that no mail may carry."


def mail_options(mail, **more):
    return {"mail.server": "127.0.0.1", "mail.port": str(mail.port), "mail.tls": "none",
            "mail.sender": "darse@example.org", "mail.retry_seconds": "1",
            "mail.digest_hour": "0", **{f"mail.{key}": value for key, value in more.items()}}


def told(client, kind=None, unread=False):
    page = client.ok("GET", f"{API}/me/notices?limit=200" + ("&unread=true" if unread else ""))
    return [item for item in page["items"] if kind in (None, item["kind"])]


def choose(client, **choices):
    return client.ok("PUT", f"{API}/me/notice-choices", {
        "choices": [{"kind": kind, "channel": channel} for kind, channel in choices.items()]})


def freeze(server, project, reason=WORDS):
    """Freezes and opens again: told to each member."""
    officer = server.client_for("officer")
    path = f"{API}/projects/{project['id']}/state"
    officer.ok("POST", path, {"state": "frozen", "reason": reason})
    officer.ok("POST", path, {"state": "open", "reason": "It was nothing."})


def drained(server, mail):
    """Waits until nothing is due any more, and forgets what came."""
    officer = server.client_for("officer")
    wait_until(lambda: officer.ok("GET", f"{API}/admin/overview")["mail"]["due"] == 0, 60,
               "an empty queue", every=0.2)
    mail.messages.clear()


# ---- on the page ----


def test_page(server, client_for, secure):
    lead, scientist = client_for("lead"), client_for("scientist")
    before = len(told(scientist, "project_state"))
    freeze(server, secure)
    mine = told(scientist, "project_state")
    assert len(mine) == before + 2
    notice = mine[1]
    assert notice["detail"] == WORDS and notice["project"]["id"] == secure["id"]
    assert notice["address"] == f"/projects/{secure['id']}"
    assert notice["subject"]["fr"] and notice["subject"]["en"] and notice["read"] is None
    unread = scientist.ok("GET", f"{API}/me/notices?limit=1")
    assert unread["unread"] >= 2 and unread["next"]
    lead.refused("POST", f"{API}/me/notices/{notice['id']}/read", status=404)  # not theirs
    scientist.ok("POST", f"{API}/me/notices/{notice['id']}/read", status=204)
    assert notice["id"] not in [item["id"] for item in told(scientist, unread=True)]
    scientist.ok("POST", f"{API}/me/notices/read", status=204)
    assert told(scientist, unread=True) == []
    assert told(client_for("officer"), "project_state") == []   # nobody is told of their own doing


def test_page_by_page(server, client_for):
    scientist = client_for("scientist")
    whole = [item["id"] for item in told(scientist)]
    found, path = [], f"{API}/me/notices?limit=2"
    while path:
        page = scientist.ok("GET", path)
        found += [item["id"] for item in page["items"]]
        path = page["next"] and f"{API}/me/notices?limit=2&cursor={page['next']}"
    assert found == whole and len(whole) > 2


def test_choices(client_for):
    scientist = client_for("scientist")
    first = scientist.ok("GET", f"{API}/me/notice-choices")
    assert first["mail_configured"] is False
    kinds = {item["kind"]: item for item in first["items"]}
    assert kinds["account_password"]["kept"] and kinds["review"]["channel"] == "digest"
    for body, reason in (([{"kind": "nothing", "channel": "page"}], "notices.no_kind"),
                         ([{"kind": "account_password", "channel": "none"}], "notices.kept")):
        scientist.refused("PUT", f"{API}/me/notice-choices", {"choices": body}, status=400,
                          reason=reason)
    scientist.refused("PUT", f"{API}/me/notice-choices",
                      {"choices": [{"kind": "review", "channel": "pigeon"}]}, status=400)
    changed = choose(scientist, member_added="none")["items"]
    assert {item["kind"]: item["channel"] for item in changed}["member_added"] == "none"
    choose(scientist, member_added="mail")


def test_a_stop_says_why(server, client_for, restricted):
    scientist, officer = client_for("scientist"), client_for("officer")
    service = scientist.ok("POST", f"{API}/projects/{restricted['id']}/services",
                           {"definition": "jupyter", "name": "To be stopped"}, 202)
    officer.refused("DELETE", f"{API}/services/{service['id']}?reason=" + "x" * 400, status=400)
    officer.ok("DELETE", f"{API}/services/{service['id']}?reason=Maintenance%20at%20noon.", status=202)
    notice = told(scientist, "service_stopped")[0]
    assert notice["object"] == service["id"] and notice["detail"] == "Maintenance at noon."
    shown = scientist.ok("GET", f"{API}/services/{service['id']}")
    assert shown["state_detail"] == "Maintenance at noon."


# ---- by mail ----


def test_mail(new_server, secure):
    with MailServer() as mail:
        server = new_server(options=mail_options(mail))
        secret = project_of(server, "market-weight")
        drained(server, mail)
        freeze(server, secret)
        wait_until(lambda: len(mail.to("scientist@darse.example")) == 2, 20, "two mails", every=0.1)
        message = mail.to("scientist@darse.example")[0]
        body = message.get_content()
        assert message["From"] == "Darse <darse@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert f"{server.url}/projects/{secret['id']}" in body
        # The tier is secure: neither its title nor what anybody wrote leaves by mail.
        assert secret["title"] not in body and WORDS not in body
        assert message["Subject"] and "=?" not in message["Subject"]
        assert len({m["Message-ID"] for m in mail.messages}) == len(mail.messages)
        choose(server.client_for("scientist"), project_state="page")
        mail.messages.clear()
        freeze(server, secret)
        wait_until(lambda: mail.to("lead@darse.example"), 20, "the lead's", every=0.1)
        time.sleep(1)
        assert mail.to("scientist@darse.example") == []


def test_refused_and_put_off(new_server):
    """4yz is tried again, 5yz is given up, and each is sent once."""
    with MailServer() as mail:
        server = new_server(options=mail_options(mail))
        project = project_of(server, "market-weight")
        drained(server, mail)
        for login in ("lead", "scientist"):
            choose(server.client_for(login), project_state="page")
        scientist = server.client_for("scientist")
        choose(scientist, project_state="mail")
        mail.answers = ["451 later", "550 not here"]
        freeze(server, project)
        state = lambda: server.client_for("officer").ok("GET", f"{API}/admin/overview")["mail"]
        wait_until(lambda: state()["due"] == 0, 30, "both ended", every=0.2)
        wait_until(lambda: state()["failed"] == 1, 10, "one given up", every=0.2)
        assert len(mail.to("scientist@darse.example")) == 1
        assert "550" in state()["last_failure"] or "not here" in state()["last_failure"]
        assert mail.seen >= 3


def test_never_twice(new_server):
    """The server had the whole message, and Darse never heard whether it was kept."""
    with MailServer() as mail:
        server = new_server(options=mail_options(mail))
        project = project_of(server, "market-weight")
        drained(server, mail)
        choose(server.client_for("lead"), project_state="page")
        mail.answers = [None]
        seen = mail.seen
        server.client_for("officer").ok("POST", f"{API}/projects/{project['id']}/state",
                                        {"state": "frozen", "reason": "x"})
        wait_until(lambda: mail.seen == seen + 1, 20, "the message to arrive", every=0.1)
        os.kill(server.children()["serve"], 9)          # in the middle
        mail.released.set()
        time.sleep(1)
        server.wait_ready()
        overview = wait_until(lambda: server.client_for("officer").ok(
            "GET", f"{API}/admin/overview"), 30, "the overview", every=0.5)
        assert overview["mail"]["unknown"] == 1 and overview["mail"]["due"] == 0
        time.sleep(2)
        assert mail.seen == seen + 1


def test_server_away(new_server):
    """Requests do not wait for a mail server that does not answer; mail goes once it is back."""
    with MailServer() as mail:
        options = mail_options(mail)
    server = new_server(options=options)
    project = project_of(server, "market-weight")
    began = time.monotonic()
    freeze(server, project)
    assert time.monotonic() - began < 5
    assert server.client_for("officer").ok("GET", f"{API}/admin/overview")["mail"]["due"] > 0


@pytest.mark.parametrize("mode", ["starttls", "tls"])
def test_encrypted(new_server, tmp_path, mode):
    certificate = make_certificate(tmp_path)
    with MailServer(certificate, mode, sign_in=mode == "starttls") as mail:
        readable = tmp_path.parent / f"mail-{mode}"
        readable.mkdir(exist_ok=True)
        os.chmod(tmp_path.parent, 0o755)
        options = mail_options(mail, tls=mode)
        options["mail.server"] = "localhost"
        server = new_server(load=False, options=options)
        keep = server.state / "instance"
        for name, text in (("mail-ca.pem", certificate[0].read_text()), ("mail-password", PASSWORD + "\n")):
            (keep / name).write_text(text)
            os.chown(keep / name, keep.stat().st_uid, keep.stat().st_gid)
            os.chmod(keep / name, 0o600)
        server.load_demonstration()
        officer = server.client_for("officer")
        state = lambda: officer.ok("GET", f"{API}/admin/overview")["mail"]
        # An authority that nobody named is not trusted: nothing is sent.
        wait_until(lambda: state()["last_failure"], 30, "a refusal", every=0.2)
        assert "certificate" in state()["last_failure"].lower() and mail.messages == []
        server.stop()
        conf = server.state / "darse.conf"
        text = conf.read_text() + "\n"
        more = f"ca_file = {keep}/mail-ca.pem\n"
        if mode == "starttls":
            more += f"user = {USER}\npassword_file = {keep}/mail-password\n"
        conf.write_text(text.replace("[mail]\n", "[mail]\n" + more))
        server.start()
        officer.ok("POST", f"{API}/admin/mail/test")
        wait_until(lambda: [m for m in mail.to("officer@darse.example")], 40, "the trial", every=0.2)
        serve = server.children()["serve"]
        shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(serve)], capture_output=True,
                               text=True, check=True).stdout
        assert PASSWORD not in shown and PASSWORD not in server.log_path.read_text()


def test_digest(new_server, monkeypatch):
    """A checker is told once a day, in one mail, of what is new and of what awaits them."""
    # Where the server is, it is two in the morning, and digests leave from noon.
    monkeypatch.setenv("TZ", f"<two>{time.gmtime().tm_hour - 2}")
    with MailServer() as mail:
        server = new_server(options=mail_options(mail, digest_hour="12"))
        drained(server, mail)
        secret = project_of(server, "market-weight")
        scientist, officer = server.client_for("scientist"), server.client_for("officer")
        for title in ("First table", "Second table"):
            export = scientist.ok("POST", f"{API}/projects/{secret['id']}/exports",
                                  {"title": title, "context": "Counts."})
            scientist.ok("POST", f"{API}/exports/{export['id']}/files", {
                "path": "received/turnover-by-activity.csv",
                "declaration": {"count": "units", "total": "turnover", "largest": "largest"}})
            scientist.ok("POST", f"{API}/exports/{export['id']}/submit")
        checker = server.client_for("checker1")
        assert len(told(checker, "review", unread=True)) == 2
        assert mail.to("checker1@darse.example") == []                     # not at once
        officer.ok("POST", f"{API}/admin/duties/notices.digest/run", status=202)
        time.sleep(1)
        assert mail.to("checker1@darse.example") == []                  # nor before the hour
        server.stop()
        conf = server.state / "darse.conf"
        conf.write_text(re.sub(r"digest_hour *= *12", "digest_hour = 0", conf.read_text()))
        server.start()
        officer.ok("POST", f"{API}/admin/duties/notices.digest/run", status=202)
        digest = wait_until(lambda: mail.to("checker1@darse.example"), 20, "the digest", every=0.1)[0]
        body = digest.get_content()
        assert body.count("/review") == 2 and "2 " in body
        assert "First table" not in body and secret["title"] not in body
        officer.ok("POST", f"{API}/admin/duties/notices.digest/run", status=202)
        time.sleep(2)
        assert len(mail.to("checker1@darse.example")) == 1                 # once a day


# ---- who is told of what, along an application and an export ----


def test_an_application_and_an_export(new_server):
    server = new_server()
    who = server.client_for
    secret = project_of(server, "market-weight")
    dataset = next(dataset for source in who("scientist").ok("GET", f"{API}/sources?limit=200")["items"]
                   for dataset in who("scientist").ok("GET", f"{API}/sources/{source['id']}")["datasets"]
                   if dataset["slug"] == "units")

    def kinds(login, thing):
        """Of the notices about THING, the newest last."""
        return [item["kind"] for item in reversed(told(who(login))) if item["object"] == thing]

    made = who("scientist").ok("POST", f"{API}/projects/{secret['id']}/applications", {
        "datasets": [dataset["id"]], "persons": ["scientist"],
        "justification": "To answer the question of the project."}, 201)
    path = f"{API}/applications/{made['id']}"
    assert kinds("producer2", made["id"]) == []                     # a draft is nobody else's
    who("scientist").ok("POST", path + "/submit")
    assert kinds("producer2", made["id"]) == ["agree"]              # steward of that source
    assert kinds("producer", made["id"]) == []                      # of another one
    assert kinds("committee", made["id"]) == []                     # the producers come first
    who("producer2").ok("POST", path + "/agreements",
                        {"dataset": dataset["id"], "outcome": "agreed", "comment": "Yes."})
    assert kinds("committee", made["id"]) == ["opine"]
    assert "application_answered" in kinds("scientist", made["id"])
    who("committee").ok("POST", path + "/opinion",
                        {"outcome": "favourable", "comment": "Useful.", "expires": "2026-12-15"})
    assert kinds("scientist", made["id"])[-1] == "application_decided"
    assert kinds("producer2", made["id"]) == ["agree"]              # told once
    who("scientist").ok("POST", path + "/undertaking", {"code": server.code("scientist")})
    officer = who("officer")
    officer.ok("POST", f"{API}/admin/duties/accreditation.reminders/run", status=202)
    wait_until(lambda: "right_ends" in kinds("scientist", dataset["id"]), 15, "the reminder")
    items = who("lead").ok("GET", f"{API}/projects/{secret['id']}/accreditations")["items"]
    terms = {term["term"]: term for item in items if item["dataset"]["id"] == dataset["id"]
             and item["person"]["login"] == "scientist" for term in item["terms"]}
    who("producer2").ok("POST", f"{API}/facts/{terms['steward_agreement']['fact']}/revoke",
                        {"reason": "The agreement ended."})
    notice = told(who("scientist"), "right_revoked")[0]
    assert notice["detail"] == "The agreement ended." and notice["object"] == dataset["id"]

    export = who("scientist").ok("POST", f"{API}/projects/{secret['id']}/exports", {
        "title": "Turnover", "context": "By activity."}, 201)
    path = f"{API}/exports/{export['id']}"
    who("scientist").ok("POST", path + "/files", {
        "path": "received/turnover-by-activity.csv",
        "declaration": {"count": "units", "total": "turnover", "largest": "largest"}}, 201)
    who("scientist").ok("POST", path + "/submit")
    for checker in ("checker1", "checker2"):
        assert kinds(checker, export["id"]) == ["review"]
        assert kinds("scientist", export["id"]) == []               # not before all have reviewed
        who(checker).ok("POST", path + "/reviews", {
            "decision": "return", "comment": "Merge the small cells.", "code": server.code(checker)})
    assert kinds("scientist", export["id"]) == ["export_returned"]
    assert kinds("lead", export["id"]) == []
