"""Lists of a sponsor: whom they name becomes a version of the list of the sponsor's agreement."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import VersionState
from agentsys.agreements.models import Agreement, ListVersion
from agentsys.errors import Refused
from agentsys.rosters import undo_sql
from agentsys.sponsors import members, undoing, version_queries, versions
from agentsys.workers.models import Roster

_OPEN = (VersionState.DRAFT, VersionState.WAITING)


def compared(session: Session, roster_version_id: int, *, created: int) -> versions.Compared:
    """How a checked list differs from whom the agreement names; `created` are new workers."""
    version = session.get_one(ListVersion, roster_version_id)
    known = versions.compare(session, version)
    return versions.Compared(
        added=known.added + created, left=known.left, changed=known.changed, same=known.same
    )


def standing(session: Session, version_id: int) -> tuple[VersionState, int]:
    """The state of a list's version, and how many of its workers never were members."""
    version = session.get_one(ListVersion, version_id)
    return version.state, version_queries.not_members(session, version_id)


def check_ceiling(session: Session, roster: Roster, *, created: int) -> None:
    """CeilingReached if the agreement does not pay for so many people as a checked list names."""
    if roster.version_id is None:
        return
    version = session.get_one(ListVersion, roster.version_id)
    agreement = session.get_one(Agreement, version.agreement_id)
    found = compared(session, version.id, created=created)
    named = found.added + found.changed + found.same + (0 if version.whole else found.left)
    members.check_ceiling(session, agreement, named=named)


def apply(session: Session, roster: Roster) -> None:
    """Make the people of an imported list those of the agreement.

    A version that lacks too many waits for a second person, and so does one that cannot be applied
    now, with the reason. The workers are stored either way, but become members only when it is
    applied.
    """
    sender = roster.proposed_by or roster.uploaded_by
    if roster.version_id is None or sender is None:
        return
    version = session.get_one(ListVersion, roster.version_id)
    if version.state not in _OPEN:
        return
    try:
        with session.begin_nested():
            versions.apply(
                session,
                version_id=version.id,
                actor_id=sender,
            )
    except Refused as refused:
        versions.wait(session, version_id=version.id, why=str(refused), actor_id=sender)


def give_up(session: Session, roster: Roster, *, actor_id: int | None) -> None:
    """Refuse the version of a list that is not imported, so that another one can be sent."""
    if roster.version_id is None:
        return
    version = session.get_one(ListVersion, roster.version_id, with_for_update=True)
    if version.state in _OPEN:
        version.state, version.decided_by = VersionState.REFUSED, actor_id
        version.decided_at = clock.now()


def check_take_back(session: Session, roster: Roster) -> None:
    """Conflict if the sponsor was billed for people of the list, or sent a later one."""
    if roster.version_id is not None:
        undoing.check(session, session.get_one(ListVersion, roster.version_id))


def take_back(session: Session, roster: Roster) -> None:
    """Take back what a list named, before its workers are removed."""
    if roster.version_id is None or roster.undone_by is None:
        return
    created = session.scalars(
        text(undo_sql.CREATED),
        {
            "roster_id": roster.id,
            "workers_after": roster.workers_after or 0,
            "workers_until": roster.workers_until or 0,
        },
    ).all()
    undoing.undo(session, version_id=roster.version_id, removed=created, actor_id=roster.undone_by)
