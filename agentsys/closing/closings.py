"""Closing a month in two steps: it is locked at once, then its balances and report are sealed.

A process that is killed between the two leaves a locked month; a job seals it.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.closing import checklist, reporting
from agentsys.closing.models import MonthClosing
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger.models import Entry
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission

MONTHS_BACK = 12  # the first month that an office closes

# The balances now without what was posted since: closed months are not read.
_SEAL_BALANCES = text("""
    INSERT INTO closed_balances (closing_id, account, amount_idr)
    SELECT :closing_id, account, amount_idr
    FROM (
        SELECT account, sum(amount_idr) AS amount_idr
        FROM (
            SELECT account, amount_idr FROM balances
            UNION ALL
            SELECT p.account, -p.amount_idr FROM entries e JOIN postings p ON p.entry_id = e.id
            WHERE e.at >= :until_at
        ) ended
        GROUP BY account HAVING sum(amount_idr) <> 0
        OFFSET 0  -- the office is looked up once for an account, not for each posting
    ) sums
    WHERE office_of_account(account) = :office_id
""")


class NotClean(Refused):
    """The audit found something, or did not run since the month ended."""

    text = (
        "Bulan ini belum bisa ditutup: pemeriksaan buku sesudah akhir bulan harus lulus. Tunggu"
        " pemeriksaan malam ini, atau jalankan agentsys audit di server."
    )


class StillOpen(Invalid):
    """Something of the checklist is open, and no reason was given."""

    text = "Masih ada yang belum selesai. Selesaikan dulu, atau isi alasan mengapa tetap ditutup."


def ends_at(month: date, zone: str) -> datetime:
    """The first moment after a month, on the office's clock."""
    return datetime.combine(add_months(month, 1), time(), ZoneInfo(zone))


def to_close(session: Session, *, office_id: int, zone: str) -> list[date]:
    """The months that an office may close now, the next one first; only one after the first."""
    newest = _newest(session, office_id)
    this_month = clock.now().astimezone(ZoneInfo(zone)).date().replace(day=1)
    last = add_months(this_month, -1)
    if newest is not None:
        following = add_months(newest.month, 1)
        return [following] if following <= last else []
    return [add_months(last, -back) for back in range(MONTHS_BACK)]


def lock(
    session: Session, *, office_id: int, month: date, note: str, actor_id: int
) -> MonthClosing:
    """Close a month: from the commit on, nothing is posted in it or before; `seal` it next.

    StillOpen, if the checklist has open items and the note is empty; NotClean, if the audit fails.
    """
    # Before any row: whoever posts has this lock, and may wait for rows.
    session.execute(select(func.pg_advisory_xact_lock(locks.CLOSING_MONTH)))
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    actor = session.get_one(User, actor_id)
    if not actor.can(Permission.MONTH_CLOSE):
        raise Forbidden(permission=Permission.MONTH_CLOSE.value)
    office = session.get_one(Office, office_id)
    if month not in to_close(session, office_id=office.id, zone=office.zone):
        raise Conflict()
    until = ends_at(month, office.zone)
    found = [item for item in checklist.look(session, office_id=office_id, until=until)]
    if any(item.is_open and item.check.blocks for item in found):
        raise NotClean()
    opened = [item for item in found if item.is_open]
    if opened and not note.strip():
        raise StillOpen(about="note")
    closing = MonthClosing(
        office_id=office_id,
        month=month,
        from_at=datetime.combine(month, time(), ZoneInfo(office.zone)),
        until_at=until,
        last_entry_id=session.scalar(select(func.max(Entry.id))) or 0,
        open_items=[
            {"key": i.check.key, "count": i.found.count, "amount_idr": i.found.amount_idr}
            for i in opened
        ],
        note=note.strip()[:500],
        closed_by=actor_id,
    )
    session.add(closing)
    session.flush()
    _record(session, closing, "closed", actor_id, {"items": len(opened), "note": closing.note})
    return closing


def seal(session: Session, *, closing_id: int) -> MonthClosing:
    """Store and seal the balances and the report of a locked month; once, however often called."""
    closing = session.get(MonthClosing, closing_id, with_for_update=True, populate_existing=True)
    if closing is None:
        raise NotFound()
    if closing.seal or closing.reopened_at is not None:
        return closing
    values = {
        "closing_id": closing.id,
        "office_id": closing.office_id,
        "until_at": closing.until_at,
    }
    session.execute(_SEAL_BALANCES, values)
    closing.report = reporting.made(session, closing)
    session.flush()
    closing.seal = session.scalar(select(func.seal_of_month(closing.id))) or ""
    closing.sealed_at = clock.now()
    session.flush()
    # The audit trail is chained, so a seal that somebody computes anew differs from this one.
    _record(session, closing, "sealed", None, {"seal": closing.seal})
    return closing


def unsealed(session: Session) -> list[int]:
    """The months that were locked and are not sealed yet."""
    return list(
        session.scalars(
            select(MonthClosing.id)
            .where(MonthClosing.sealed_at.is_(None), MonthClosing.reopened_at.is_(None))
            .order_by(MonthClosing.id)
        )
    )


def _newest(session: Session, office_id: int) -> MonthClosing | None:
    found: MonthClosing | None = session.scalar(
        select(MonthClosing)
        .where(MonthClosing.office_id == office_id, MonthClosing.reopened_at.is_(None))
        .order_by(MonthClosing.month.desc())
        .limit(1)
    )
    return found


def _record(
    session: Session,
    closing: MonthClosing,
    what: str,
    actor_id: int | None,
    details: dict[str, object],
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"closing.{what}",
        subject=f"office:{closing.office_id}",
        details={"month": closing.month, **details},
    )
