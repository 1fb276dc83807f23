"""Several processes share one embedded server, and the last one stops it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from agentsys.postgres import EmbeddedPostgres, PostgresProblem
from agentsys.postgres.layout import make_layout
from tests.postgres.probes import (
    PARTICIPANT,
    ask,
    connect,
    its_server,
    note,
    other_process,
)


def test_a_new_server_gives_a_database_of_its_own_that_is_the_same_everywhere(
    home: Path,
) -> None:
    with EmbeddedPostgres(home) as server:
        url = server.url("agentsys")

        assert ask(url, "SELECT current_database()") == "agentsys"
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SHOW timezone") == "UTC"
        assert ask(url, "SHOW data_checksums") == "on"
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW synchronous_commit") == "on"
        assert ask(url, "SHOW jit") == "off"
        assert ask(url, "SHOW listen_addresses") == ""
        assert ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'agentsys'") == "C.UTF-8"
    assert not server.is_running()


def test_databases_are_made_from_a_template_and_dropped(server: EmbeddedPostgres) -> None:
    note(server.start(), "from the template")

    server.create_database("copy", template="agentsys")
    with connect(server.url("copy")) as still_connected:
        found = still_connected.execute("SELECT text FROM note").fetchall()
        server.drop_database("copy")

    assert found == [("from the template",)]
    assert ask(server.url("agentsys"), "SELECT count(*) FROM pg_database") == 4


def test_several_processes_share_one_server_and_the_last_one_stops_it(
    home: Path, server: EmbeddedPostgres
) -> None:
    with other_process(home) as first, other_process(home) as second:
        server.start()
        assert its_server(first) == its_server(second) == server.pid

        first.communicate()
        server.stop()
        assert server.is_running()

        second.communicate()
        assert not server.is_running()


def test_a_participant_that_was_killed_no_longer_counts(
    home: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    with other_process(home) as other:
        its_server(other)
        other.kill()
        other.wait()

    server.stop()

    assert not server.is_running()


def test_a_process_that_forgot_to_leave_does_so_when_it_ends(
    home: Path, server: EmbeddedPostgres
) -> None:
    forgetful = textwrap.dedent(PARTICIPANT).replace("server.stop()", "")
    argv = [sys.executable, "-c", forgetful, str(home)]

    subprocess.run(argv, stdin=subprocess.DEVNULL, check=True, capture_output=True)

    assert not list((make_layout(home, durable=False)).participants.iterdir())


def test_a_server_whose_starter_was_killed_is_joined(home: Path, server: EmbeddedPostgres) -> None:
    with other_process(home) as other:
        pid = its_server(other)
        other.kill()

    server.start()

    assert server.pid == pid


def test_a_path_longer_than_a_socket_may_have_is_served(home: Path) -> None:
    server = EmbeddedPostgres(home / ("panjang-" * 15) / "postgres", durable=False)
    try:
        assert ask(server.start(), "SELECT 1") == 1
    finally:
        server.discard()


def test_a_durable_user_does_not_join_a_throw_away_server(
    home: Path, server: EmbeddedPostgres
) -> None:
    server.start()

    with pytest.raises(PostgresProblem, match="tanpa jaminan penyimpanan"):
        EmbeddedPostgres(home).start()

    assert server.is_running()
