"""Destroying what is older than its setting says, in lots, each counted where it is destroyed.

A run may be stopped at any moment and started again: what a lot destroyed is in the record of that
lot's transaction, and the next run goes on with the same record. Two runs at once wait for each
other at the record's row, and neither counts a row twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.ledger import counted
from agentsys.months import HEAD_OFFICE
from agentsys.retention.kinds import PLANS, Plan
from agentsys.retention.models import Destruction
from agentsys.retention.settings import Kept, Retention, retention

LOT = 1000
# An audit that reads the table meanwhile would miss what is destroyed.
_NO_AUDIT = select(func.pg_try_advisory_xact_lock(locks.AUDITING))
Open = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, kw_only=True)
class Destroyed:
    """What a run destroyed of one kind, or would."""

    kind: Kept
    before_on: date  # rows from before this day
    months: int
    rows: int
    bytes: int  # of the rows, without their indexes
    held: int = 0  # as old, and kept because something about them is open; only known to a dry run


def destroy_old(transaction: Open, *, by: str, lot: int = LOT) -> Sequence[Destroyed]:
    """Destroy what is too old, kind after kind; what it destroyed, without empty ones.

    An entrypoint: it opens its own transactions.
    """
    done = []
    for kind in Kept:
        # The first of two is a record that an earlier run could not finish.
        for _ in range(2):
            found = _finish(transaction, kind, by=by, lot=lot)
            if found is None:
                break
            done.append(found)
    return done


def would_destroy(session: Session) -> Sequence[Destroyed]:
    """What `destroy_old` would destroy now, and what is as old and held; it reads whole tables."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    found = []
    for kind in Kept:
        rule, before_on = _due(kind)
        plan = PLANS[kind]
        rows, size, old = session.execute(
            text(
                f"SELECT count(*) FILTER (WHERE ({plan.where})),"  # noqa: S608  # of constants
                f" coalesce(sum({plan.size}) FILTER (WHERE ({plan.where})), 0), count(*)"
                f" FROM {plan.table} WHERE {plan.at} < :before"
            ),
            {"before": _midnight(before_on)},
        ).one()
        found.append(
            Destroyed(
                kind=kind,
                before_on=before_on,
                months=rule.months,
                rows=rows,
                bytes=int(size),
                held=old - rows,
            )
        )
    return found


def _finish(transaction: Open, kind: Kept, *, by: str, lot: int) -> Destroyed | None:
    """Destroy lot after lot under one record until nothing is left; None if nothing is due."""
    after: tuple[Any, ...] | None = None
    until: int | None = None
    while True:
        with transaction() as session:
            if PLANS[kind].is_audited and not session.scalar(_NO_AUDIT):
                return None  # the next run goes on
            record = _record(session, kind, by=by)
            if PLANS[kind].is_rising and until is None:
                until = _newest_old(session, PLANS[kind], _midnight(record.before_on))
            keys = _next(
                session,
                PLANS[kind],
                before_on=record.before_on,
                after=after,
                until=until,
                lot=lot,
            )
            if not keys and not record.rows:
                session.delete(record)
                return None
            if not keys:
                _close(session, record)
                return _summed(record)
            record.rows += len(keys)
            record.bytes += sum(int(row.bytes) for row in keys)
            _delete(session, PLANS[kind], keys)
            after = tuple(keys[-1])[:-1]


def _record(session: Session, kind: Kept, *, by: str) -> Destruction:
    """The unfinished record of a kind, locked; a new one if there is none."""
    rule, before_on = _due(kind)
    session.execute(
        text(
            "INSERT INTO destructions (kind, before_on, months, source, rows, bytes, begun_by,"
            " begun_at) VALUES (:kind, :before_on, :months, :source, 0, 0, :by, :now)"
            " ON CONFLICT (kind) WHERE finished_at IS NULL DO NOTHING"
        ),
        {
            "kind": kind.value,
            "before_on": before_on,
            "months": rule.months,
            "source": rule.source[:300],
            "by": by[:40],
            "now": clock.now(),
        },
    )
    return session.scalars(
        select(Destruction)
        .where(Destruction.kind == kind, Destruction.finished_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _next(
    session: Session,
    plan: Plan,
    *,
    before_on: date,
    after: tuple[Any, ...] | None,
    until: int | None,
    lot: int,
) -> Sequence[Row[Any]]:
    """The keys of the next lot in their order, each with its bytes; locked rows are left out."""
    names = ", ".join(f"{key} AS k{place}" for place, key in enumerate(plan.keys, 1))
    places = range(1, len(plan.keys) + 1)
    begun = ""
    if after is not None:
        begun = f"({', '.join(plan.keys)}) > ({', '.join(f':k{place}' for place in places)}) AND"
    if until is not None:
        begun += f" {plan.keys[0]} <= :until AND"
    return session.execute(
        text(
            f"SELECT {names}, {plan.size} AS bytes FROM {plan.table}"  # noqa: S608  # of constants
            f" WHERE {begun} {plan.at} < :before AND ({plan.where})"
            f" ORDER BY {', '.join(plan.keys)} LIMIT :lot FOR UPDATE OF t SKIP LOCKED"
        ),
        {
            "before": _midnight(before_on),
            "lot": lot,
            "until": until,
            **{f"k{place}": key for place, key in enumerate(after or (), 1)},
        },
    ).all()


def _newest_old(session: Session, plan: Plan, before: datetime) -> int:
    """The largest first key that may be older than a time; found by halves, without an index.

    Times of neighbours may stand in another order by some seconds: a night later they are found.
    """
    key = plan.keys[0]
    least, most = session.execute(
        text(f"SELECT coalesce(min({key}), 0), coalesce(max({key}), 0) FROM {plan.table}")  # noqa: S608  # of constants
    ).one()
    look = text(
        f"SELECT {key}, {plan.at} FROM {plan.table} WHERE {key} >= :key ORDER BY {key} LIMIT 1"  # noqa: S608  # of constants
    )
    low, high = int(least), int(most) + 1  # everything below `low` is old, `high` is new or the end
    while low < high:
        middle = (low + high) // 2
        found = session.execute(look, {"key": middle}).one_or_none()
        if found is not None and found[1] < before:
            low = int(found[0]) + 1
        else:
            high = middle
    return low - 1


def _delete(session: Session, plan: Plan, keys: Sequence[Row[Any]]) -> None:
    session.execute(text("SET LOCAL agentsys.destroys = 'on'"))
    columns = ", ".join(f"CAST(:k{place} AS {kind}[])" for place, kind in enumerate(plan.types, 1))
    names = ", ".join(f"k{place}" for place in range(1, len(plan.types) + 1))
    values: Mapping[str, list[Any]] = {
        f"k{place}": [row[place - 1] for row in keys] for place in range(1, len(plan.types) + 1)
    }
    gone = f"WITH gone ({names}) AS (SELECT * FROM unnest({columns}))"  # noqa: S608  # of constants
    for statement in plan.deletes:
        deleted = session.execute(text(f"{gone} {statement}"), values)
        table = statement.removeprefix("DELETE FROM ").split()[0]
        counted.took_out(session, table, deleted.rowcount)  # type: ignore[attr-defined]


def _close(session: Session, record: Destruction) -> None:
    record.finished_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=None,
        action="destruction.finished",
        subject=f"destruction:{record.id}",
        details={
            "kind": record.kind.value,
            "before": record.before_on,
            "months": record.months,
            "rows": record.rows,
            "bytes": record.bytes,
        },
    )


def _summed(record: Destruction) -> Destroyed:
    return Destroyed(
        kind=record.kind,
        before_on=record.before_on,
        months=record.months,
        rows=record.rows,
        bytes=record.bytes,
    )


def _due(kind: Kept) -> tuple[Retention, date]:
    """The setting of a kind today, and the day before which everything is too old."""
    today = clock.now().astimezone(HEAD_OFFICE).date()
    rule = retention(kind, today)
    return rule, _months_before(today, rule.months)


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the first after it that the month does not have."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    try:
        return first.replace(day=day.day)
    except ValueError:
        following = index + 1
        return date(following // 12, following % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=HEAD_OFFICE)
