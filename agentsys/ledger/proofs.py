"""Running the checks of the journal from the last proven point on, and storing the results.

A point is a transaction id: everything written before it was checked. PostgreSQL stores the
writing transaction of each row, so later changes are found, even those made manually in SQL. A
deleted row is not found in this way, so the rows of append-only tables are counted as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.db import held_lock
from agentsys.errors import Conflict
from agentsys.ledger import changes, invariants
from agentsys.ledger.changes import Changes, Transaction
from agentsys.ledger.models import Proof

KEPT = "kept_balances_equal_the_sums"
TRAIL = "trail_is_unbroken"
TRAIL_SENTENCE = "Jejak audit diubah, atau sebagian darinya hilang."


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What one check found, and how long it took."""

    name: str
    failures: list[dict[str, Any]]
    seconds: float
    whole: bool  # all rows were checked, not only changed ones


@dataclass(frozen=True, kw_only=True)
class LastProof:
    """What a check found when it last ran, whoever ran it."""

    name: str
    failures: int
    sample: list[dict[str, Any]]  # one of the rows found


class AuditUnderWay(Conflict):
    """Another audit is running."""

    text = "Pemeriksaan buku sedang berjalan. Tunggu sampai selesai, lalu ulangi."


def prove(
    transaction: Transaction,
    *,
    by: str,
    full: bool = False,
    progress: Callable[[Proven], object] = lambda _: None,
) -> list[Proven]:
    """Run every check and store its result; only over changed rows, unless `full`.

    Each check has a transaction of its own: none stays open as long as the audit, and an
    interrupted audit keeps the results that it has.
    """
    with held_lock(locks.AUDITING) as alone:
        if not alone:
            raise AuditUnderWay()
        with transaction() as session:
            point = _proven_point(session)
            window = changes.window(session, since=None if full else point)
        found = changes.find(transaction, window)
        with transaction() as session:
            if not found.reads_all and changes.rows_are_missing(session, found):
                found = found.whole()
        proven = [_check(transaction, name, found, by, progress) for name in invariants.CHECKS]
        if not any(each.failures for each in proven):
            with transaction() as session:
                session.execute(text(changes.LONG))
                changes.remember(session, found)
        with transaction() as session:
            session.execute(text(changes.LONG))
            links = _trail(session, full=full, by=by)
        progress(links)
    return [*proven, links]


def _check(
    transaction: Transaction,
    name: str,
    found: Changes,
    by: str,
    progress: Callable[[Proven], object],
) -> Proven:
    with transaction() as session:
        session.execute(text(changes.LONG))
        proven = _one(session, name, found)
        keep(session, proven, point=found.window.now, by=by)
    progress(proven)
    return proven


def keep(session: Session, found: Proven, *, point: int, by: str) -> None:
    """Store the result of a check; a failed check keeps its previous point."""
    before = session.get(Proof, found.name)
    if found.failures:
        point = before.point if before is not None else 0
    session.merge(
        Proof(
            name=found.name,
            point=point,
            failures=len(found.failures),
            sample=found.failures[:1],
            whole=found.whole,
            seconds=found.seconds,
            at=clock.now(),
            by=by,
        )
    )
    session.flush()


def point_of(session: Session, check: str) -> int:
    """The point up to which a check was proven; 0 if it never was."""
    return session.scalar(select(Proof.point).where(Proof.name == check)) or 0


def last(session: Session) -> list[LastProof]:
    """The last result of each check; failed ones first."""
    rows = session.execute(
        select(Proof.name, Proof.failures, Proof.sample).order_by(Proof.failures.desc(), Proof.name)
    )
    return [LastProof(**row._mapping) for row in rows]


def sentence_of(name: str) -> str:
    """What a failure of a check means."""
    return TRAIL_SENTENCE if name == TRAIL else invariants.CHECKS[name][0]


def last_at(session: Session) -> datetime | None:
    """The time of the oldest of the last results; later changes are not proven."""
    return session.scalar(select(func.min(Proof.at)))


def _trail(session: Session, *, full: bool, by: str) -> Proven:
    """Verify the hash chain of the audit trail from the last proven seal on."""
    began = time.monotonic()
    after = 0 if full else point_of(session, TRAIL)
    newest = trail.sealed_up_to(session)
    failures = [{"event": number} for number in trail.broken_links(session, after=after)]
    if newest < point_of(session, TRAIL):
        failures.append({"seals": newest, "proven_seals": point_of(session, TRAIL)})
    found = Proven(
        name=TRAIL,
        failures=failures[: invariants.SHOWN],
        seconds=round(time.monotonic() - began, 2),
        whole=after == 0,
    )
    keep(session, found, point=newest, by=by)
    return found


def _proven_point(session: Session) -> int | None:
    """The point at which all checks passed together; None if they never did."""
    session.execute(delete(Proof).where(Proof.name.not_in([*invariants.CHECKS, TRAIL])))
    known = set(session.scalars(select(Proof.name)))
    return changes.proven_point(session) if known.issuperset(invariants.CHECKS) else None


def _one(session: Session, name: str, found: Changes) -> Proven:
    began = time.monotonic()
    query = invariants.CHECKS[name][1]
    whole = found.reads_all or changes.does_not_add_up(session, found, name)
    if whole:
        failures = _rows(session, invariants.whole(query))
    elif name == KEPT:
        failures = _kept_since(session, found)
    else:
        changes.lay_out(session, found, invariants.sets_of(query))
        failures = _rows(session, invariants.changed(query))
    return Proven(
        name=name, failures=failures, seconds=round(time.monotonic() - began, 2), whole=whole
    )


def _kept_since(session: Session, found: Changes) -> list[dict[str, Any]]:
    """The kept balances that are not the proven ones with what was posted since."""
    changes.lay_out(session, found, ["entries"])
    bounds = changes.bounds(session, found)
    quick, exact = changes.KEPT_SINCE
    return _rows(session, exact, bounds) if _rows(session, quick, bounds) else []


def _rows(session: Session, query: str, values: dict[str, int] | None = None) -> list[Any]:
    wanted = f"SELECT to_jsonb(wrong) FROM ({query}) wrong LIMIT {invariants.SHOWN}"  # noqa: S608
    return list(session.scalars(text(wanted), values or {}))
