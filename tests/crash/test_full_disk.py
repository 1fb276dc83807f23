"""A disk that becomes full during work: a clear message, and no acknowledged data is lost."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import requests

from agentsys.demo.roster import write_roster
from tests.crash.actions import Form, collection, has_ended, payment_of, upload
from tests.crash.client import Visitor
from tests.crash.retrying_client import RetryingVisitor
from tests.disks import fill_the_disk, small_disk
from tests.tree import RATNA, SARI, Tree, wait_for

pytestmark = pytest.mark.xdist_group("full-disk")

MEGABYTES, ROWS, TRIES = 160, 4_000, 10
NOT_NOW = "Data yang sudah tersimpan tetap aman"
PATIENCE_S = 10


@pytest.fixture
def cramped() -> Iterator[Tree]:
    """`agentsys run` whose instance folder is a small disk."""
    running = Tree(workers=120)
    with small_disk(running.folder / "instance", MEGABYTES):
        running.start()
        yield running
        audit = running.command("audit")
        running.stop()
    shutil.rmtree(running.folder, ignore_errors=True)
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_a_full_disk_is_told_and_costs_nothing_that_was_acknowledged(
    cramped: Tree, tmp_path: Path
) -> None:
    sari, ratna = Visitor(cramped.url, SARI), Visitor(cramped.url, RATNA)
    path, before = collection(sari, "cash")
    sari.submit(path, before)
    forms = [collection(sari, "cash", place) for place in range(TRIES)]
    file = tmp_path / "daftar.csv"
    write_roster(file, rows=ROWS, seed=3)
    address = upload(ratna, file)
    ballast = cramped.folder / "instance" / "ballast"

    fill_the_disk(ballast)
    taken = [form for path, form in forms if _is_taken(sari, path, form)]
    _ask_for_more_log(cramped)
    wait_for(lambda: "Disk penuh" in cramped.said(), "the terminal says what is wrong")
    assert not any(_is_taken(sari, path, form) for path, form in forms)
    ballast.unlink()
    cramped.await_ready()

    for form in [before, *taken]:
        assert payment_of(cramped, form) == [("settled", 1, 1)]
    again = RetryingVisitor(cramped.url, SARI)
    for path, form in forms:
        assert "/kuitansi/" in again.submit(path, form).url
        assert payment_of(cramped, form) == [("settled", 1, 1)]
    wait_for(lambda: has_ended(ratna, address), "the import is finished", limit_s=120)


def _is_taken(sari: Visitor, path: str, form: Form) -> bool:
    """Whether cash is acknowledged; if not, the page must say so within a time limit."""
    began = time.monotonic()
    try:
        answer = sari.submit(path, form)
    except requests.HTTPError as error:
        answer = error.response
    assert time.monotonic() - began < PATIENCE_S
    if answer.status_code == 200:
        assert "/kuitansi/" in answer.url
        return True
    assert answer.status_code == 503
    assert NOT_NOW in answer.text
    return False


def _ask_for_more_log(tree: Tree) -> None:
    """Make the database start new log files until the disk is full."""
    with suppress(psycopg.OperationalError):
        while True:
            tree.query("SELECT pg_switch_wal(), pg_logical_emit_message(true, 'a', 'b')")
