# SPDX-License-Identifier: Apache-2.0
"""An officer gives this Darse a look of its own; a look that people cannot read does not start."""
import json
import os
import subprocess

import pytest

from darse import Server, wait_until

THEME = {
    "name": "Datalab",
    "owner": {"fr": "Ministère de la Cohésion", "en": "Ministry of Cohesion"},
    "logo": "mark.svg",
    "colours": {"primary": ["#000091", "#a9a9ff"], "primary-strong": ["#00006d", "#c6c6ff"]},
    "measures": {"radius": 0},
    "fonts": [{"family": "State Sans", "file": "state.woff2"}],
    "footer": [{"text": {"fr": "Aide", "en": "Help"}, "url": "https://help.example"}],
}


@pytest.fixture
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("theme", numbered=True)
    (path / "theme.json").write_text(json.dumps(THEME))
    (path / "mark.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (path / "state.woff2").write_bytes(b"wOF2....")
    for one in (path, *path.parents):   # the server's own user reads it
        if str(one) != "/":
            os.chmod(one, one.stat().st_mode | 0o055)
    return path


def test_theme_is_served_as_checked(new_server, folder):
    server = new_server(load=False, options={"web.theme": str(folder / "theme.json")})
    stranger = server.stranger()
    assert stranger.ok("GET", "/api/v1/theme")["name"] == "Datalab"
    css = stranger.get("/theme/theme.css")
    assert css.headers["Content-Type"].startswith("text/css")
    assert "--colour-primary:light-dark(#000091,#a9a9ff);" in css.text
    assert css.headers["Cache-Control"] == "public, max-age=600"
    logo = stranger.get("/theme/logo/mark.svg")
    assert logo.headers["Content-Type"] == "image/svg+xml"
    assert logo.headers["Content-Security-Policy"] == \
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert logo.headers["X-Content-Type-Options"] == "nosniff"
    assert stranger.get("/theme/fonts/state.woff2").content == b"wOF2...."
    for path in ("/theme/logo/theme.json", "/theme/fonts/theme.json", "/theme/fonts/..%2Ftheme.json"):
        assert stranger.get(path).status_code in (400, 404), path


def test_without_a_theme_the_look_is_as_shipped(server):
    stranger = server.stranger()
    assert stranger.ok("GET", "/api/v1/theme") == {
        "name": None, "owner": None, "logo": None, "footer": []}
    assert stranger.get("/theme/theme.css").text == ""


def test_unreadable_colours_stop_the_start(darse_binary, folder):
    pale = {**THEME, "colours": {"ink": "#cccccc"}}
    (folder / "theme.json").write_text(json.dumps(pale))
    checked = subprocess.run([str(darse_binary), "theme", "check", str(folder / "theme.json")],
                             capture_output=True, text=True, timeout=20, check=False)
    assert checked.returncode == 1
    assert "ink (#cccccc) on ground" in checked.stderr
    server = Server(darse_binary, {"web.theme": str(folder / "theme.json")})
    try:
        server.start(wait=False)
        wait_until(lambda: "ink (#cccccc) on ground" in server.log_tail(), 20, "the refusal")
    finally:
        server.remove()
