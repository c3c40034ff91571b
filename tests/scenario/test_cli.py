# SPDX-License-Identifier: Apache-2.0
"""The command line for people, as they use it: the real program against the real server, secrets asked on
a terminal or given by a descriptor. What must fail comes with each."""
import json
import os
import pty
import re
import select
import stat
import subprocess
import time

import pytest

from darse import PASSWORD, ROOT
from test_lake import make_project

TABLE = "received/turnover-by-activity.csv"


class Person:
    """Somebody at a machine of their own: a home folder, a server."""

    def __init__(self, server, home, login):
        self.server, self.login, self.home = server, login, home
        home.mkdir(exist_ok=True)
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                            "TZ": "UTC", "DARSE_SERVER": server.url}

    def run(self, *words, code=0, input=None, fds=(), **environment):
        done = subprocess.run([str(self.server.binary), *words], capture_output=True, text=True,
                              timeout=120, cwd=self.home, input=input, pass_fds=fds,
                              env={**self.environment, **environment}, start_new_session=True,
                              check=False)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def out(self, *words, **more):
        return self.run(*words, **more).stdout

    def json(self, *words, **more):
        return json.loads(self.out(*words, "--json", **more))

    def secret(self, *words, name="code", value=None, code=0):
        """Runs WORDS with a code (or VALUE) on a descriptor."""
        read, write = os.pipe()
        os.write(write, (value or self.server.code(self.login)).encode() + b"\n")
        os.close(write)
        try:
            return self.run(*words, f"--{name}-fd", str(read), code=code, fds=(read,))
        finally:
            os.close(read)

    def sign_in(self, scopes="read work"):
        lines = f"{PASSWORD}\n{self.server.code(self.login)}\n"
        return self.run("login", self.login, "--scopes", scopes, "--password-fd", "0", "--code-fd",
                        "0", input=lines)

    @property
    def token_file(self):
        return self.home / ".config" / "darse" / "tokens.json"


def on_terminal(person, words, answers, columns=80, seconds=60):
    """Runs WORDS on a terminal of its own; ANSWERS are (question, what is typed). What was shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(person.home)
        os.execve(person.server.binary, ["darse", *words], person.environment)
    import fcntl
    import struct
    import termios
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown, answers, until = "", list(answers), time.monotonic() + seconds
    while time.monotonic() < until:
        ready, _, _ = select.select([fd], [], [], 0.2)
        if ready:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data.decode(errors="replace")
        if answers and answers[0][0] in shown and not (termios.tcgetattr(fd)[3] & termios.ECHO
                                                      and answers[0][2]):
            os.write(fd, answers.pop(0)[1].encode() + b"\n")
    os.close(fd)
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def person(server, homes):
    made = {}

    def of(login, scopes="read work"):
        if login not in made:
            made[login] = Person(server, homes / login, login)
            made[login].sign_in(scopes)
        return made[login]
    return of


@pytest.fixture(scope="module")
def open_project(server):
    return make_project(server, "open", "cli-open")


# ---- signing in ----

def test_login_on_a_terminal(server, homes):
    person = Person(server, homes / "terminal", "lead")
    code = server.code("lead")
    shown, status = on_terminal(person, ["login", "--days", "2"], [
        ("Login:", "lead", False), ("Password:", PASSWORD, True), ("second factor:", code, True)])
    assert status == 0 and "Signed in to" in shown
    assert PASSWORD not in shown and code not in shown
    assert stat.S_IMODE(person.token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(person.token_file.parent.stat().st_mode) == 0o700
    assert PASSWORD not in person.token_file.read_text()
    who = person.json("whoami")
    assert who["person"]["login"] == "lead" and "csrf" not in who
    assert re.search(r"Login +lead", person.out("whoami"))
    tokens = person.json("token", "list")
    assert [t["scopes"] for t in tokens if t["current"]] == [["read", "work"]]
    assert person.json("server", "list")[0]["current"] is True
    secret = json.loads(person.token_file.read_text())["servers"][0]["token"]
    person.run("logout")
    person.run("whoami", code=3)
    person.run("whoami", code=3, DARSE_TOKEN=secret)   # it is revoked, not only forgotten
    person.run("logout", code=3)


def test_login_that_is_refused(server, homes):
    person = Person(server, homes / "refused", "lead")
    done = person.run("login", "lead", "--password-fd", "0", code=3, input="wrong password\n")
    assert "identity." in done.stderr and not person.token_file.exists()
    done = person.run("login", "lead", code=2)   # no terminal, no descriptor
    assert "--password-fd" in done.stderr
    person.run("login", "lead", "--password-fd", "0", code=1, input="")
    for server_url in ("http://example.org", "ftp://localhost", "https://a:b@example.org",
                       "https://example.org/path", "nonsense"):
        assert "https" in person.run("login", "x", "--server", server_url, code=1).stderr
    person.run("project", "list", code=7, DARSE_SERVER="http://localhost:9", DARSE_TOKEN="x")
    person.run("project", "list", code=3)
    person.run("project", "list", code=3, DARSE_TOKEN="drs_nonsense")


def test_a_token_file_that_others_can_read(server, person):
    lead = person("lead")
    try:
        lead.token_file.chmod(0o640)
        done = lead.run("whoami", code=4)
        assert "can be read by others" in done.stderr
    finally:
        lead.token_file.chmod(0o600)
    kept = lead.token_file.read_text()
    for damage in ("", "{}", "[]", kept[:-20], kept.replace('"login"', '"other"')):
        lead.token_file.write_text(damage)
        assert "not one of ours" in lead.run("whoami", code=1).stderr
    lead.token_file.unlink()
    os.symlink("/etc/passwd", lead.token_file)
    lead.run("whoami", code=4)
    lead.token_file.unlink()
    lead.token_file.write_text(kept)
    lead.token_file.chmod(0o600)
    lead.run("whoami")


def test_a_token_does_no_more_than_its_scopes(person):
    lead = person("lead")
    asked = f"{PASSWORD}\n{lead.server.code('lead')}\n"
    secret = lead.out("token", "create", "reader", "--scopes", "read", "--password-fd", "0",
                      "--code-fd", "0", input=asked).strip()
    lead.run("project", "show", "care-use", DARSE_TOKEN=secret)
    done = lead.run("project", "edit", "care-use", "--title", "x", code=4, DARSE_TOKEN=secret)
    assert "policy.scope" in done.stderr
    mine = next(t for t in lead.json("token", "list") if t["name"] == "reader")
    lead.run("token", "revoke", mine["id"], code=2)      # no terminal to ask on
    asked = f"{PASSWORD}\n{lead.server.code('lead')}\n"
    lead.run("token", "revoke", mine["id"], "--password-fd", "0", "--code-fd", "0", input=asked)
    lead.run("whoami", code=3, DARSE_TOKEN=secret)


def test_several_servers(server, person):
    lead = person("lead")
    other = server.url.replace("localhost", "127.0.0.1")
    lead.run("whoami", "--server", other, code=3)
    lead.run("server", "use", other, code=5)
    lead.run("server", "use", server.url)
    environment = {k: v for k, v in lead.environment.items() if k != "DARSE_SERVER"}
    done = subprocess.run([str(server.binary), "whoami"], env=environment, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0 and server.url in done.stdout


# ---- how it speaks ----

@pytest.mark.parametrize("words", [
    ("project", "show"), ("project", "show", "a", "b"), ("project", "list", "--colour"),
    ("project", "journal", "care-use", "--limit", "0"), ("project", "journal", "x", "--limit", "ten"),
    ("login", "a", "--days", "1", "--days", "2"), ("cp", "a"), ("export", "create", "care-use"),
    ("ls", "./local"), ("cp", "a", "b"), ("nothing",), ("project",), ("api", "EAT", "/projects")])
def test_wrong_command_lines(person, words):
    done = person("lead").run(*words, code=2)
    assert "usage" in done.stderr or "darse" in done.stderr
    assert done.stdout == ""


def test_tables_fit_the_terminal_and_are_whole_elsewhere(person):
    lead = person("lead")
    plain = lead.out("project", "list")
    assert "\x1b" not in plain and "Use of care and insurance" in plain
    assert len({line.index("restricted") if "restricted" in line else None
                for line in plain.splitlines()} - {None}) == 1
    shown, status = on_terminal(lead, ["project", "list"], [], columns=60)
    assert status == 0 and "\x1b" not in shown and "…" in shown
    assert all(len(line) <= 60 for line in shown.replace("\r", "").splitlines())
    items = lead.json("project", "list")
    assert {p["slug"] for p in items} >= {"care-use", "market-weight"}


def test_the_reference_and_the_help_are_of_the_tables(person):
    lead = person("lead")
    assert lead.out("help", "--markdown") == (ROOT / "docs" / "cli.md").read_text(), \
        "docs/cli.md is not what `darse help --markdown` prints; print it anew"
    assert "--recursive" in lead.out("cp", "--help")
    for shell in ("bash", "zsh", "fish"):
        assert "darse" in lead.out("completion", shell)
    lead.run("completion", "tcsh", code=2)
    script = ("source <(darse completion bash); complete_words() { COMP_WORDS=(\"$@\"); "
              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _darse; echo \"${COMPREPLY[*]}\"; }; "
              "complete_words darse proj; complete_words darse project member ''; "
              "complete_words darse service launch --pr; complete_words darse cp --re")
    folder = lead.server.binary.parent
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                          env={**lead.environment, "PATH": f"{folder}:{os.environ['PATH']}"})
    assert done.stdout.splitlines() == ["project", "add list remove", "--project",
                                        "--recursive --replace"]


# ---- looking ----

def test_looking_around(person):
    lead = person("lead")
    assert "Use of care" in lead.out("project", "show", "care-use")
    lead.run("project", "show", "no-such", code=5)
    lead.run("project", "show", "prj-aaaaaaaaaaaaaaaa", code=5)
    assert "scientist" in lead.out("project", "member", "list", "care-use")
    assert "project.create" in lead.out("project", "journal", "care-use", "--limit", "200")
    lead.run("project", "data", "care-use")
    assert "health-insurance" in lead.out("source", "list", "--search", "insurance")
    shown = lead.out("source", "show", "health-insurance")
    slug = next(d["slug"] for d in lead.json("source", "show", "health-insurance")["datasets"])
    assert slug in shown and "VARIABLE" in lead.out("dataset", "show", f"health-insurance/{slug}")
    lead.run("dataset", "show", "health-insurance/none", code=5)
    assert "jupyter" in lead.out("service", "catalogue")
    lead.run("service", "list")
    lead.run("tasks")
    assert json.loads(lead.out("api", "GET", "/projects?limit=1"))["items"]
    lead.run("api", "GET", "/nothing", code=5)
    lead.run("audit", "list", code=4)
    assert "project.create" in person("auditor").out("audit", "list", "--verb", "project.create")
    assert "darse" in person("auditor").out("audit", "checkpoint")
    entry = person("auditor").json("audit", "list", "--verb", "project.create")[0]["sequence"]
    assert json.loads(person("auditor").out("audit", "entry", str(entry)))["proof"] is not None


# ---- files ----

def test_files_go_both_ways(person, open_project):
    lead = person("lead")
    (lead.home / "t.csv").write_text("town,persons\nBrest,140\n")
    (lead.home / "tree" / "deep").mkdir(parents=True)
    (lead.home / "tree" / "a").write_bytes(os.urandom(40_000_000))
    (lead.home / "tree" / "deep" / "b").write_text("b")
    os.symlink("/etc/passwd", lead.home / "tree" / "link")
    for place in ("cli-open:/", "cli-open:~/", "s3://cli-open/"):
        lead.run("cp", "t.csv", place)
        assert "t.csv" in lead.out("ls", place)
        assert lead.out("cat", place + "t.csv") == "town,persons\nBrest,140\n"
        assert "files.exists" in lead.run("cp", "t.csv", place, code=6).stderr
        lead.run("cp", "--replace", "t.csv", place)
        lead.run("cp", place + "t.csv", "back.csv", "--replace")
        assert (lead.home / "back.csv").read_text() == (lead.home / "t.csv").read_text()
        lead.run("cp", "tree", place, code=2)
        done = lead.run("cp", "-r", "tree", place)
        assert "link" in done.stderr
        lead.run("cp", "-r", place + "tree", f"got-{len(place)}")
        assert (lead.home / f"got-{len(place)}" / "a").read_bytes() == \
            (lead.home / "tree" / "a").read_bytes()
        lead.run("rm", place + "t.csv")
        lead.run("cat", place + "t.csv", code=5)
    lead.run("mkdir", "cli-open:/made")
    lead.run("cp", "t.csv", "cli-open:/made")
    lead.run("mv", "cli-open:/made/t.csv", "cli-open:/made/u.csv")
    assert [r["name"] for r in lead.json("ls", "cli-open:/made")] == ["u.csv"]
    assert "Brest" in lead.out("cat", "--preview", "cli-open:/made/u.csv")
    # What a file holds does not reach the terminal as orders; its columns are named as they like.
    (lead.home / "orders.txt").write_bytes("one\u202eowt\r\n\ttwo\n".encode())
    (lead.home / "orders.csv").write_bytes("a.b,c,\u202ered\n11,22,33\n".encode())
    lead.run("cp", "orders.txt", "orders.csv", "cli-open:/made")
    assert lead.out("cat", "--preview", "cli-open:/made/orders.txt") == \
        "one\ufffdowt\n\ttwo\n"
    shown = lead.out("cat", "--preview", "cli-open:/made/orders.csv")
    assert "\u202e" not in shown and "red" in shown
    assert shown.splitlines()[1].split() == ["11", "22", "33"]
    lead.run("rm", "cli-open:/made", code=6)
    lead.run("rm", "-r", "cli-open:/made")
    lead.run("rm", "cli-open:/", code=2)
    lead.run("mv", "cli-open:/tree", "s3://cli-open/tree", code=2)
    lead.run("cp", "t.csv", "cli-open:/../x", code=1)
    lead.run("cp", "cli-open:/none", "x", code=5)
    assert not list(lead.home.glob("x*"))


def test_the_tier_closes_the_way_out(person):
    scientist = person("scientist")
    done = scientist.run("cp", f"market-weight:/{TABLE}", "out.csv", code=4)
    assert "airlock" in done.stderr and not (scientist.home / "out.csv").exists()
    assert "turnover" in scientist.out("ls", "market-weight:/received")
    (scientist.home / "in.txt").write_text("x")
    assert "policy.files_in" in scientist.run("cp", "in.txt", "market-weight:/", code=4).stderr


# ---- the airlock ----

def test_an_export_from_a_terminal(server, person):
    scientist, checker = person("scientist"), person("checker1", "read govern")
    made = scientist.json("export", "create", "market-weight", "--title", "Turnover", "--context",
                          "Turnover by activity")
    export = made["id"]
    scientist.run("export", "submit", export, code=6)
    scientist.run("export", "add", export, "none.csv", "--count", "units", code=5)
    scientist.run("export", "add", export, TABLE, code=1)
    added = scientist.out("export", "add", export, TABLE, "--count", "units", "--total", "turnover",
                          "--largest", "largest")
    assert "Verdict" in added
    assert export in scientist.out("export", "list", "market-weight")
    scientist.run("export", "submit", export)
    scientist.run("export", "download", export, code=6)
    assert export in checker.out("review", "list")
    assert "Turnover by activity" in checker.out("review", "show", export)
    file = checker.json("review", "show", export)["files"][0]["id"]
    assert "units" in checker.out("review", "preview", export, file)
    checker.run("review", "download", export, file, "t.csv")
    assert "units" in (checker.home / "t.csv").read_text()
    checker.run("review", "download", export, file, "t.csv", code=6)
    checker.run("review", "decide", export, "perhaps", code=2)
    assert checker.secret("review", "decide", export, "return", "--comment", "no", value="000000",
                          code=4).stderr
    checker.run("review", "decide", export, "return", code=2)      # no terminal, no descriptor
    checker.secret("review", "decide", export, "reject", "--comment", "Too small")
    second = person("checker2", "read govern")
    second.secret("review", "decide", export, "reject", "--comment", "Too small")
    done = scientist.run("export", "status", export, "--wait", code=9)
    assert "rejected" in done.stdout
    other = scientist.json("export", "create", "market-weight", "--title", "T", "--context", "c")["id"]
    scientist.run("export", "withdraw", other)


# ---- officers ----

def test_officers(person, server):
    officer = person("officer", "read work govern admin")
    organisation = officer.json("admin", "organisation", "add", "Office of Trials", "--kind", "statistics")
    assert "Office of Trials" in officer.out("admin", "organisation", "list")
    officer.secret("admin", "person", "add", "cli.person", "--name", "Cli Person", "--email",
                   "cli@example.fr", "--organisation", "Office of Trials", "--language", "en",
                   name="password", value="a long enough password")
    assert organisation["id"] in json.dumps(officer.json("admin", "person", "show", "cli.person"))
    assert "cli.person" in officer.out("admin", "person", "list", "--search", "cli.p")
    officer.run("admin", "person", "edit", "cli.person", "--name", "Other Name", "--role", "checker")
    assert officer.json("admin", "person", "show", "cli.person")["roles"] == ["checker"]
    assert officer.json("admin", "person", "disable", "cli.person")["disabled"] is True
    assert officer.json("admin", "person", "enable", "cli.person")["disabled"] is False
    made = officer.json(
        "admin", "project", "create", "cli-made", "--title", "Made", "--summary", "s", "--organisation",
        "Office of Trials", "--route", "research", "--purpose", "research", "--legal-basis", "law",
        "--tier", "open", "--lead", "lead", "--until", "90d")
    assert made["state"] == "planned"
    officer.run("admin", "project", "open", "cli-made", code=2)
    assert officer.json("admin", "project", "open", "cli-made", "--reason", "r")["state"] == "open"
    assert officer.json("admin", "project", "quota", "cli-made", "1000")["bucket_quota_bytes"] == 1000
    officer.run("admin", "project", "quota", "cli-made", "much", code=2)
    officer.run("admin", "project", "extend", "cli-made", "2031-01-31")
    lead = person("lead")
    lead.run("project", "member", "add", "cli-made", "scientist", "--role", "scientist")
    assert "scientist" in lead.out("project", "member", "list", "cli-made")
    lead.run("project", "member", "remove", "cli-made", "scientist")
    lead.run("project", "member", "remove", "cli-made", "scientist", code=5)
    (lead.home / "big").write_bytes(b"x" * 2000)
    assert "lake.quota" in lead.run("cp", "big", "s3://cli-made/big", code=8).stderr
    keys = lead.json("bucket", "key", "create", "cli-made")
    assert keys["access_key"] in lead.out("bucket", "key", "list", "cli-made")
    lead.run("bucket", "key", "revoke", "cli-made", keys["access_key"])
    assert "Quota" in lead.out("bucket", "show", "cli-made")
    assert officer.json("admin", "project", "freeze", "cli-made", "--reason", "r")["state"] == "frozen"
    assert officer.json("admin", "project", "close", "cli-made", "--reason", "r")["state"] == "closed"
    person("lead").run("admin", "person", "disable", "scientist", code=4)


# ---- services ----

def test_a_service_is_launched_waited_for_and_stopped(person, open_project):
    lead = person("lead")
    lead.run("service", "launch", "none", "--project", "cli-open", code=5)
    lead.run("service", "launch", "jupyter", code=2)
    done = lead.run("service", "launch", "jupyter", "--wait", "--json", DARSE_PROJECT="cli-open")
    service = json.loads(done.stdout)
    assert service["state"] == "ready" and "ready" in done.stderr
    assert service["id"] in lead.out("service", "list", "-p", "cli-open")
    url = lead.out("service", "open", service["id"]).strip()
    assert "/.darse/enter?ticket=" in url
    assert "STEP" in lead.out("service", "show", service["id"])
    assert lead.json("service", "stop", service["id"], "--wait")["state"] == "stopped"
    lead.run("service", "open", service["id"], code=6)
