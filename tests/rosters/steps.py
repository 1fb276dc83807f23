"""What brings a list through its steps, for tests."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app
from sqlalchemy import select

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.rosters import deciding, looking
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import Assignment, Enrolment, Roster, RosterStatus, Worker

S = RosterStatus
COLUMNS = ["NO", "NIK", "NAMA LENGKAP", "TTL", "JENIS KELAMIN", "NO HP"]
Ids = tuple[int, int]


def status(roster_id: int) -> RosterStatus:
    db.session.rollback()
    return db.session.get_one(Roster, roster_id, populate_existing=True).status


def confirm(roster_id: int, actor_id: int, **mapping: str) -> None:
    with transaction() as session:
        roster = session.get_one(Roster, roster_id)
        looking.confirm_columns(
            session,
            roster_id=roster_id,
            mapping={**roster.mapping, **mapping},
            take_hidden=False,
            actor_id=actor_id,
        )


def ask(roster_id: int, actor_id: int) -> RosterStatus:
    with transaction() as session:
        return deciding.ask_import(session, roster_id=roster_id, actor_id=actor_id)


def bring(roster_id: int, two: Ids, vault: Vault) -> Roster:
    """Import a checked list, with the second person where one is needed."""
    if ask(roster_id, two[0]) is S.PROPOSED:
        with transaction() as session:
            deciding.approve(session, roster_id=roster_id, actor_id=two[1])
    return import_roster(vault=vault, roster_id=roster_id)


def everybody() -> list[tuple[object, ...]]:
    """All that an import may touch, row by row."""
    db.session.rollback()
    columns = [c for c in Worker.__table__.columns if c.name != "id"]
    return [
        *map(tuple, db.session.execute(select(*columns).order_by(Worker.nik_index))),
        *map(tuple, db.session.execute(select(Enrolment.__table__).order_by("worker_id"))),
        *map(tuple, db.session.execute(select(Assignment.__table__).order_by("worker_id"))),
    ]


def apart(work: Callable[[int, int, str], None]) -> Callable[[int, int, str], None]:
    """The function in a context of its own, so that it has a session of its own."""
    flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def run(done: int, total: int, phase: str) -> None:
        with flask.app_context():
            work(done, total, phase)

    return run
