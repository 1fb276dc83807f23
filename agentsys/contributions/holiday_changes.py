"""Adding a public holiday, or removing one; the newest change of a day counts."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import holidays
from agentsys.contributions.holiday_models import LONGEST_NAME, LONGEST_SOURCE, HolidayChange
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.names import visible
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission

AHEAD = timedelta(days=3 * 366)  # in which a day may be


def may_set(session: Session, actor: User) -> bool:
    """Whether a user may change holidays, which count for all offices: not who has one of many."""
    if not actor.can(Permission.HOLIDAY_SET):
        return False
    open_offices = select(func.count()).select_from(Office).where(Office.closed_at.is_(None))
    return actor.sees_all_offices or session.scalar(open_offices) == 1


def add(session: Session, *, day: date, name: str, source: str, actor: User) -> HolidayChange:
    """Let a day be a public holiday from now on; Conflict if it is one."""
    name, source = _clean(name)[:LONGEST_NAME], _clean(source)[:LONGEST_SOURCE]
    if not name:
        raise Invalid("Isi nama hari liburnya.", about="name")
    if not source:
        raise Invalid("Isi sumbernya, seperti nomor SKB.", about="source")
    _check(session, day, actor)
    if holidays.is_holiday(day):
        raise Conflict("Hari itu sudah tercatat sebagai hari libur.", about="day")
    return _change(session, day, name, source, actor, is_holiday=True)


def remove(session: Session, *, day: date, reason: str, actor: User) -> HolidayChange:
    """Let a day be no public holiday any more; Conflict if it is none."""
    reason = _clean(reason)[:LONGEST_SOURCE]
    if not reason:
        raise Invalid("Isi alasan: dari mana diketahui hari itu bukan hari libur.")
    _check(session, day, actor)
    if not holidays.is_holiday(day):
        raise Conflict("Hari itu tidak tercatat sebagai hari libur. Muat ulang halaman.")
    [known] = holidays.between(day, day)
    return _change(session, day, known.name, reason, actor, is_holiday=False)


def _check(session: Session, day: date, actor: User) -> None:
    if not may_set(session, actor):
        raise Forbidden(permission=Permission.HOLIDAY_SET.value)
    today = clock.now().date()
    if not today - timedelta(days=366) <= day <= today + AHEAD:
        raise Invalid("Pilih hari dari tahun lalu sampai tiga tahun ke depan.", about="day")
    # One after another, so that the same day is not added twice.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("holidays", 0))))
    holidays.refresh(session)


def _change(
    session: Session, day: date, name: str, source: str, actor: User, *, is_holiday: bool
) -> HolidayChange:
    made = HolidayChange(day=day, name=name, source=source, is_holiday=is_holiday, made_by=actor.id)
    session.add(made)
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action=f"holiday.{'added' if is_holiday else 'removed'}",
        subject=f"holiday:{day}",
        details={"name": name, "source": source},
    )
    return made


def _clean(text: str) -> str:
    return " ".join(visible(text).split())
