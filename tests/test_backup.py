"""Backups can be restored and checked, and overwrite nothing."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url, text

from agentsys.audit import trail
from agentsys.db import db, transaction
from tests.commands import Run, runner


@pytest.fixture
def run(committed: Flask, database_url: str, tmp_path: Path) -> Run:
    """A function that runs the command, on this test's database unless another is named."""
    run = runner(database_url, tmp_path / "instance")

    def go(*arguments: object, database: str = database_url) -> subprocess.CompletedProcess[str]:
        return run(*arguments, AGENTSYS_DATABASE_URL=database)

    return go


def a_sealed_event(committed: Flask) -> None:
    with committed.app_context(), transaction() as session:
        trail.record(session, actor_id=None, action="x", subject="x:1", details={})
        trail.seal(session)


def rewrite_events(committed: Flask, *, action: str) -> None:
    """Changes by somebody who owns the tables."""
    with committed.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE audit_events SET action = :action"), {"action": action})
        connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER ALL"))


def databases(committed: Flask) -> set[str]:
    with committed.app_context():
        return set(db.session.scalars(text("SELECT datname FROM pg_database")))


def test_a_backup_is_restored_whole_into_an_empty_database(
    committed: Flask, run: Run, empty: str, tmp_path: Path
) -> None:
    a_sealed_event(committed)
    file = tmp_path / "backup.dump"

    made = run("backup", file)
    restored = run("restore", file, database=empty)
    audited = run("audit", database=empty)

    assert (made.returncode, restored.returncode, audited.returncode) == (0, 0, 0)
    assert audited.stdout.startswith("jejak: 1 kejadian")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.partial")) == []


def test_a_backup_is_proven_without_touching_anything(
    committed: Flask, run: Run, tmp_path: Path
) -> None:
    a_sealed_event(committed)
    run("backup", tmp_path / "good.dump")
    rewrite_events(committed, action="y")
    run("backup", tmp_path / "damaged.dump")
    rewrite_events(committed, action="x")
    good = run("restore", "--check", tmp_path / "good.dump")
    damaged = run("restore", "--check", tmp_path / "damaged.dump")

    assert good.returncode == 0
    assert "bersih" in good.stdout
    assert damaged.returncode == 1
    assert "✗" in damaged.stderr
    assert not [name for name in databases(committed) if name.startswith("agentsys_restore_")]


def test_a_backup_that_exists_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "backup.dump"
    file.write_text("the only copy")

    refused = run("backup", file)

    assert refused.returncode == 1
    assert file.read_text() == "the only copy"


def test_nothing_is_restored_over_data(committed: Flask, run: Run, tmp_path: Path) -> None:
    a_sealed_event(committed)
    run("backup", tmp_path / "backup.dump")

    refused = run("restore", tmp_path / "backup.dump")

    assert refused.returncode == 1
    with committed.app_context():
        assert trail.length(db.session()) == 1


def test_a_file_that_is_no_backup_leaves_the_database_empty(
    run: Run, empty: str, tmp_path: Path
) -> None:
    (tmp_path / "odd.dump").write_bytes(b"PGDMP" + bytes(500))

    refused = run("restore", tmp_path / "odd.dump", database=empty)
    missing = run("restore", tmp_path / "none.dump", database=empty)

    assert (refused.returncode, missing.returncode) == (1, 1)
    assert "Traceback" not in refused.stderr + missing.stderr
    with psycopg.connect(make_url(empty).set(drivername="postgresql").render_as_string(False)) as c:
        assert c.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
