"""What an import left in the database."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.db import db
from agentsys.workers.models import (
    Roster,
    RosterNote,
    Worker,
)


def notes_of(roster: Roster) -> list[RosterNote]:
    return list(
        db.session.scalars(
            select(RosterNote).where(RosterNote.roster_id == roster.id).order_by(RosterNote.number)
        )
    )


def only_worker() -> Worker:
    return db.session.scalars(select(Worker)).one()
