"""Who pays for a worker, month by month: one payer, decided before the bill.

Two agreements may name one worker, and a worker may have paid for himself. From the first month
that nobody has paid, the agreement with the lowest priority pays (a dated table gives it to each
kind of sponsor; of equals, the one that named the worker first). The answer is written into the
memberships, whose periods of one worker never overlap: the database holds that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import billing, closing
from agentsys.memberships.ending import no_billing_run
from agentsys.planning import planned_for
from agentsys.sponsors import payers_sql as sql
from agentsys.workers.kinds import CloseReason


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What deciding changed."""

    workers: int  # whose payer is another one from some month on
    rebilled: int  # months that were billed to somebody else, and not paid


def undecided(
    session: Session, *, worker_ids: Collection[int], agreement_id: int, month: date
) -> Sequence[int]:
    """Those of the workers whose payer is still to be decided from a month on.

    The others became members by the agreement in that month, and no other agreement names them.
    """
    values = {"ids": sorted(worker_ids), "agreement_id": agreement_id, "month": month}
    return session.scalars(text(sql.UNDECIDED), values).all()


def enrol_new(session: Session, *, agreement_id: int, version_id: int) -> None:
    """Make those whom a version names members by its agreement who never were members before.

    Whom another agreement names too is left to `settle`.
    """
    session.flush()
    values = {"agreement_id": agreement_id, "version_id": version_id}
    session.execute(text(sql.ENROL_NEW), values)


def settle(
    session: Session, *, worker_ids: Collection[int], since: date, actor_id: int | None
) -> Settled:
    """Write into the memberships who pays for these workers from a month on; safe to repeat.

    Months that are paid, or being paid, stay with who paid. Months that were billed to another
    payer and not paid are billed to the new one.
    """
    if not worker_ids:
        return Settled(workers=0, rebilled=0)
    values = {
        "ids": sorted(worker_ids),
        "since": since,
        "now": clock.now(),
        "by": actor_id,
    }
    session.flush()
    no_billing_run(session, since)
    session.execute(text(sql.LOCK), values)
    session.execute(text(sql.WANTED))
    session.execute(text("TRUNCATE wanted_payers"))
    with planned_for(session, len(worker_ids)):
        session.execute(text(sql.DECIDE), values)
        session.execute(text("ANALYZE wanted_payers"))
        changed = {row.worker_id: row.since for row in session.execute(text(sql.DIFFERING))}
    if not changed:
        return Settled(workers=0, rebilled=0)
    closing.lock_open(session, changed)
    closed = closing.close(session, changed, why=CloseReason.CHANGED, actor_id=actor_id)
    for statement in (sql.REMOVE_LATER, sql.END_RUNNING, sql.INSERT):
        session.execute(text(statement), values)
    session.expire_all()
    rebilled = 0
    for month in sorted({each.month for each in closed}):
        ids = [each.worker_id for each in closed if each.month == month]
        rebilled += billing.bill_some(session, month=month, worker_ids=ids)
    return Settled(workers=len(changed), rebilled=rebilled)
