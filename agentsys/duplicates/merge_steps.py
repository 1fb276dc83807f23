"""What a merge changes in the tables, and how undoing restores it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import closing
from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod, EarlierState
from agentsys.duplicates.merge_effects import MergeEffect
from agentsys.duplicates.merge_models import WorkerMerge
from agentsys.months import add_months
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import Case, CaseKind, Payment
from agentsys.workers.kinds import CloseReason, EndReason
from agentsys.workers.models import Assignment, Enrolment, Worker

EVER = date(1900, 1, 1)
_LAST_CLOSED = text("""
SELECT DISTINCT ON (worker_id, month) id FROM closed_contributions
WHERE worker_id IN (:kept, :merged) AND (worker_id, month) IN (
    SELECT c.id, c.month FROM unnest(CAST(:workers AS bigint[]), CAST(:months AS date[]))
        AS c (id, month)
)
ORDER BY worker_id, month, id DESC
""")
_MOVED = """
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at
"""
_REOPEN = text(f"""
WITH gone AS (
    DELETE FROM closed_contributions WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING *
)
INSERT INTO contributions ({_MOVED}) SELECT {_MOVED} FROM gone ORDER BY worker_id, month
""")  # noqa: S608  # made of constants


def carry_out(
    session: Session, *, merge: WorkerMerge, effect: MergeEffect, actor_id: int
) -> dict[str, Any]:
    """Do what the effect says; everything that undoing needs, as JSON. All locks are held."""
    merged = session.get_one(Worker, merge.merged_id)
    kept = session.get_one(Worker, merge.kept_id)
    before: dict[str, Any] = {
        "agent_id": merged.agent_id,
        "updated_at": merged.updated_at.isoformat(),
        "kept_agent_id": kept.agent_id,
        "closed": _close(session, merge, effect, actor_id),
        "enrolment": _end_membership(session, merge, actor_id),
        "assignment": _end_assignment(session, merge),
    }
    _count_months(session, merge, effect)
    _tell_paid_twice(session, merge, effect)
    merged.merged_into, merged.agent_id, merged.updated_at = kept.id, None, clock.now()
    session.flush()
    return before


def restore(session: Session, *, merge: WorkerMerge) -> None:
    """Make everything as it was before; the caller has checked that nothing depends on it."""
    before: Mapping[str, Any] = merge.before
    merged = session.get_one(Worker, merge.merged_id)
    merged.merged_into, merged.agent_id = None, before["agent_id"]
    merged.updated_at = datetime.fromisoformat(before["updated_at"])
    if before["enrolment"] is not None:
        period = session.get_one(
            Enrolment, (merged.id, date.fromisoformat(before["enrolment"]["from_month"]))
        )
        until = before["enrolment"]["until_month"]
        period.until_month = date.fromisoformat(until) if until else None
        period.end_reason = EndReason(before["enrolment"]["end_reason"]) if until else None
        period.end_note = before["enrolment"]["end_note"]
        period.ended_on = _day(before["enrolment"]["ended_on"])
        ended_at = before["enrolment"]["ended_at"]
        period.ended_at = datetime.fromisoformat(ended_at) if ended_at else None
        period.ended_by = before["enrolment"]["ended_by"]
    if before["assignment"] is not None:
        assignment = session.get_one(
            Assignment, (merged.id, date.fromisoformat(before["assignment"]))
        )
        assignment.until_month = None
    session.execute(
        update(EarlierPeriod)
        .where(
            EarlierPeriod.worker_id == merge.kept_id,
            EarlierPeriod.merge_id == merge.id,
        )
        .values(
            state=EarlierState.TAKEN_BACK,
            reason="Penggabungan dibatalkan.",
            changed_at=clock.now(),
        )
    )
    session.flush()
    session.execute(_REOPEN, {"ids": before["closed"]})


def _close(session: Session, merge: WorkerMerge, effect: MergeEffect, actor_id: int) -> list[int]:
    """Close the open bills that nobody has to pay; the ids of the closed ones."""
    closing.close(session, {merge.merged_id: EVER}, why=CloseReason.DUPLICATE, actor_id=actor_id)
    for each in effect.closes_of_kept:
        closing.close(
            session,
            {merge.kept_id: each.month},
            until=add_months(each.month, 1),
            why=CloseReason.PAID_ELSEWHERE,
            actor_id=actor_id,
        )
    closed = [(merge.merged_id, each.month) for each in effect.closes]
    closed += [(merge.kept_id, each.month) for each in effect.closes_of_kept]
    values = {
        "kept": merge.kept_id,
        "merged": merge.merged_id,
        "workers": [worker_id for worker_id, _month in closed],
        "months": [month for _worker_id, month in closed],
    }
    return list(session.scalars(_LAST_CLOSED, values))


def _end_membership(session: Session, merge: WorkerMerge, actor_id: int) -> dict[str, Any] | None:
    """End the merged worker's running membership; what its last period was before."""
    until = add_months(clock.this_month(), 1)
    period = session.scalar(
        select(Enrolment)
        .where(Enrolment.worker_id == merge.merged_id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
        .with_for_update()
    )
    if period is None or (period.until_month is not None and period.until_month <= until):
        return None
    before = {
        "from_month": period.from_month.isoformat(),
        "until_month": period.until_month.isoformat() if period.until_month else None,
        "end_reason": period.end_reason,
        "end_note": period.end_note,
        "ended_on": period.ended_on.isoformat() if period.ended_on else None,
        "ended_at": period.ended_at.isoformat() if period.ended_at else None,
        "ended_by": period.ended_by,
    }
    period.until_month = max(until, add_months(period.from_month, 1))
    period.end_reason, period.end_note = EndReason.DUPLICATE, merge.reason
    period.ended_on, period.ended_at = clock.now().date(), clock.now()
    period.ended_by = actor_id
    session.flush()
    return before


def _end_assignment(session: Session, merge: WorkerMerge) -> str | None:
    """End the merged worker's open assignment; the month in which it began."""
    open_ = session.scalar(
        select(Assignment)
        .where(Assignment.worker_id == merge.merged_id, Assignment.until_month.is_(None))
        .with_for_update()
    )
    if open_ is None:
        return None
    open_.until_month = add_months(max(clock.this_month(), open_.from_month), 1)
    session.flush()
    return open_.from_month.isoformat()


def _count_months(session: Session, merge: WorkerMerge, effect: MergeEffect) -> None:
    """Let the merged worker's confirmed months count for the kept one, each under its agent."""
    for first, until, agent_id in effect.periods():
        session.add(
            EarlierPeriod(
                worker_id=merge.kept_id,
                office_id=merge.office_id,
                agent_id=agent_id,
                from_month=first,
                until_month=until,
                kind=EarlierKind.MERGED,
                evidence=merge.reason,
                state=EarlierState.COUNTED,
                merge_id=merge.id,
                proposed_by=merge.proposed_by,
                proposed_at=merge.proposed_at,
                decided_by=merge.decided_by,
                decided_at=merge.decided_at,
                changed_at=clock.now(),
            )
        )
    session.flush()


def _tell_paid_twice(session: Session, merge: WorkerMerge, effect: MergeEffect) -> None:
    """Open a case for each month that was paid to BPJS twice, so that finance asks for a refund."""
    for each in effect.twice:
        payment = session.get_one(Payment, each.payment_id)
        open_case(
            session,
            kind=CaseKind.PAID_TWICE,
            subject=payment.reference,
            at=clock.now(),
            payment_id=payment.id,
            amount_idr=each.amount_idr,
            facts={"merge": merge.id, "month": f"{each.month:%Y-%m}"},
        )


def cases_of(merge: WorkerMerge) -> Any:
    """The query of the cases that a merge opened."""
    return select(Case).where(
        Case.kind == CaseKind.PAID_TWICE, Case.facts["merge"].as_integer() == merge.id
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
