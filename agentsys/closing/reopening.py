"""Reopening the newest closed month of an office: one person asks, another one decides."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.closing.models import MonthClosing
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.people import scope, second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission


def ask(session: Session, *, closing_id: int, reason: str, actor_id: int) -> MonthClosing:
    """Ask to reopen a month; Conflict if a later one is closed, or somebody asked already."""
    closing, _ = _locked(session, closing_id, actor_id)
    if not reason.strip():
        raise Invalid("Isi alasan mengapa bulan ini perlu dibuka lagi.", about="reason")
    if closing.reopen_asked_at is not None or not is_newest(session, closing.id):
        raise Conflict()
    closing.reopen_reason, closing.reopen_asked_by = reason.strip()[:200], actor_id
    closing.reopen_asked_at = clock.now()
    session.flush()
    _record(session, closing, "asked", actor_id, {"reason": closing.reopen_reason})
    return closing


def decide(session: Session, *, closing_id: int, approve: bool, actor_id: int) -> MonthClosing:
    """Reopen the month as another person, or refuse it; who asked may take it back."""
    closing, actor = _locked(session, closing_id, actor_id)
    if closing.reopen_asked_by is None:
        raise Conflict()
    reason = closing.reopen_reason
    if approve:
        if closing.reopen_asked_by == actor.id:
            raise Forbidden("Bulan dibuka lagi oleh orang lain, bukan yang memintanya.")
        second_person.check(session, second=actor, first_ids=[closing.reopen_asked_by])
        if not is_newest(session, closing.id):
            raise Conflict()
        closing.reopened_by, closing.reopened_at = actor.id, clock.now()
    else:
        closing.reopen_asked_by = closing.reopen_asked_at = None
        closing.reopen_reason = ""
    session.flush()
    what = "reopened" if approve else "refused"
    _record(session, closing, what, actor_id, {"reason": reason})
    return closing


def is_newest(session: Session, closing_id: int) -> bool:
    """Whether it is closed, and no later month of its office is."""
    later = select(MonthClosing).where(MonthClosing.id == closing_id).subquery()
    newer = exists().where(
        MonthClosing.office_id == later.c.office_id,
        MonthClosing.month > later.c.month,
        MonthClosing.reopened_at.is_(None),
    )
    query = select(later.c.id).where(later.c.reopened_at.is_(None), ~newer)
    return session.scalar(query) is not None


def _locked(session: Session, closing_id: int, actor_id: int) -> tuple[MonthClosing, User]:
    closing = session.get(MonthClosing, closing_id, with_for_update=True, populate_existing=True)
    if closing is None:
        raise NotFound()
    scope.check_office(session, actor_id=actor_id, office_id=closing.office_id)
    actor = session.get_one(User, actor_id)
    if not actor.can(Permission.MONTH_REOPEN):
        raise Forbidden(permission=Permission.MONTH_REOPEN.value)
    if closing.reopened_at is not None:
        raise Conflict()
    return closing, actor


def _record(
    session: Session, closing: MonthClosing, what: str, actor_id: int, details: dict[str, object]
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"closing.{what}",
        subject=f"office:{closing.office_id}",
        details={"month": closing.month, **details},
    )
