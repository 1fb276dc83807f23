"""`agentsys retention` destroys what the nightly job would, and a dry run only says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.events.models import StoredEvent
from agentsys.retention.models import Destruction
from tests.commands import runner

OLD = timedelta(days=5 * 366)


def test_a_dry_run_changes_nothing_and_the_command_destroys(
    committed: Flask, database_url: str, tmp_path: Path
) -> None:
    run = runner(database_url, tmp_path)
    with committed.app_context():
        with transaction() as session:
            session.add(StoredEvent(at=clock.now() - OLD, kind="test", data={}))
            session.add(StoredEvent(at=clock.now(), kind="test", data={}))
        db.session.remove()

    dry = run("retention", "--dry-run")
    between = _count(committed)
    done, again = run("retention"), run("retention")

    assert "1 baris" in dry.stdout
    assert "0 ditahan" in dry.stdout
    assert between == (2, 0)
    assert "1 baris" in done.stdout
    assert "Tidak ada yang perlu dihapus" in again.stdout
    assert _count(committed) == (1, 1)


def _count(app: Flask) -> tuple[int, int]:
    """How many events and records there are."""
    with app.app_context():
        counted = tuple(
            int(db.session.scalar(select(func.count()).select_from(model)) or 0)
            for model in (StoredEvent, Destruction)
        )
        db.session.remove()
    return counted[0], counted[1]
