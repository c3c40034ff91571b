# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the scenarios: the real program with its real processes, engine, Podman and worker, on a
temporary demonstration, and clients signed in as its accounts.

    server               one demonstration for each file of scenarios, so that none sees another's rows
    new_server           a function that makes one more, for scenarios that break it
    client_for("lead")   a signed-in client of `server`
    restricted, secure   the demonstration's projects, as the API shows them
"""
import pytest

from darse import Server, install_program


def pytest_configure(config):
    config.addinivalue_line("markers", "long: left out unless ./check --all")


@pytest.fixture(scope="session")
def darse_binary():
    """The program under test, where the server's own user can reach it."""
    with install_program() as path:
        yield path


@pytest.fixture(scope="module")
def server(darse_binary):
    with Server(darse_binary) as running:
        running.load_demonstration()
        yield running


@pytest.fixture
def new_server(darse_binary, request):
    """new_server(load=True, options={"server.port": "0"}): ended with the test."""
    made = []

    def make(load=True, options=None):
        one = Server(darse_binary, options)
        made.append(one)
        one.start()
        if load:
            one.load_demonstration()
        return one

    yield make
    for one in made:
        one.remove()


@pytest.fixture(scope="module")
def client_for(server):
    return server.client_for


def project_of(server, slug):
    items = server.client_for("officer").ok("GET", "/api/v1/projects?limit=200")["items"]
    return next(project for project in items if project["slug"] == slug)


@pytest.fixture(scope="module")
def restricted(server):
    return project_of(server, "care-use")


@pytest.fixture(scope="module")
def secure(server):
    return project_of(server, "market-weight")
