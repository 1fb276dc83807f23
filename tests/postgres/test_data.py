"""The embedded server recovers from interruptions without touching good data."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from agentsys.postgres import EmbeddedPostgres, PostgresProblem
from agentsys.postgres.binaries import find_binaries
from agentsys.postgres.cluster import server_argv
from agentsys.postgres.layout import make_layout
from agentsys.processes import run_tree
from tests.disks import fill_the_disk, small_disk
from tests.postgres.probes import (
    IS_ROOT,
    ask,
    contents,
    note,
    other_process,
    wait_for,
)


def test_a_killed_server_comes_back_with_everything_that_was_committed(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        url = server.start()
        note(url, "kept")
        before = server.pid

        server.kill()
        assert not server.is_running()
        server.start()

        assert server.pid != before
        assert ask(url, "SELECT text FROM note") == "kept"


def test_a_supervisor_that_watches_brings_a_killed_server_back(server: EmbeddedPostgres) -> None:
    server.start()
    before = server.pid
    stop = threading.Event()
    tree = threading.Thread(
        target=run_tree, args=([],), kwargs={"stop_event": stop, "watch": server.start}
    )
    tree.start()

    server.kill()

    wait_for(server.is_running)
    assert server.pid != before
    stop.set()
    tree.join()


def test_a_lock_file_whose_number_now_belongs_to_another_program_is_no_obstacle(
    home: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    server.kill()
    layout = make_layout(home, durable=False)
    uid = layout.account.uid if IS_ROOT else None
    with subprocess.Popen(["/bin/sleep", "600"], user=uid) as innocent:
        left = layout.data / "postmaster.pid"
        left.write_text("\n".join([str(innocent.pid), *left.read_text().split("\n")[1:]]))

        server.start()

        assert server.is_running()
        assert innocent.poll() is None
        innocent.kill()


def test_a_data_directory_that_was_half_made_is_made_again(
    home: Path, server: EmbeddedPostgres
) -> None:
    with other_process(home) as other:
        wait_for((home / "data.partial" / "base").exists)
        other.kill()
        other.wait()
    assert not (home / "data").exists()

    server.start()

    assert server.is_running()
    assert not (home / "data.partial").exists()


def test_a_folder_with_something_else_in_it_is_not_touched(
    home: Path, server: EmbeddedPostgres
) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "skripsi.txt").write_text("penting")

    with pytest.raises(PostgresProblem, match="tidak disentuh"):
        server.start()

    assert contents(home / "data") == {"skripsi.txt": b"penting"}


def test_data_of_another_major_version_is_named_and_not_touched(
    home: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    server.stop()
    (home / "data" / "PG_VERSION").write_text("15\n")
    before = contents(home / "data")

    with pytest.raises(PostgresProblem, match="dibuat oleh PostgreSQL 15"):
        server.start()

    assert contents(home / "data") == before


def test_a_server_that_somebody_else_started_on_the_data_is_left_alone(
    home: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    server.stop()
    layout = make_layout(home, durable=False)
    argv = [*server_argv(layout, find_binaries(), durable=False), "-c", "fsync=off"]
    user = {"user": layout.account.uid, "group": layout.account.gid} if IS_ROOT else {}
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL, **user) as foreign:
        wait_for((layout.data / "postmaster.pid").exists)

        with pytest.raises(PostgresProblem, match="server PostgreSQL lain"):
            server.start()
        server.stop()

        assert foreign.poll() is None
        foreign.send_signal(signal.SIGQUIT)


def test_discarding_removes_a_throw_away_server_and_never_a_durable_one(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    with pytest.raises(PostgresProblem, match="tidak dihapus"):
        EmbeddedPostgres(home).discard()
    assert (home / "data").exists()

    thrown_away = EmbeddedPostgres(home.with_name("other"), durable=False)
    thrown_away.start()
    thrown_away.discard()

    assert not home.with_name("other").exists()


def test_a_disk_too_small_for_the_first_start_is_explained(home: Path) -> None:
    with small_disk(home, 12):
        with pytest.raises(PostgresProblem, match="Disk penuh"):
            EmbeddedPostgres(home, durable=False).start()

        assert not (home / "data").exists()
        assert not (home / "data.partial").exists()


def test_a_full_disk_is_explained_and_what_was_stored_is_there_once_it_is_freed(
    home: Path,
) -> None:
    with small_disk(home, 100):
        server = EmbeddedPostgres(home)
        note(server.start(), "kept")
        server.stop()
        fill_the_disk(home / "ballast")

        with pytest.raises(PostgresProblem, match="Disk penuh"):
            server.start()
        (home / "ballast").unlink()

        assert ask(server.start(), "SELECT text FROM note") == "kept"
        server.stop()
