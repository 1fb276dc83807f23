"""Batches of payouts: one person prepares, a second one approves; then the bank gets them.

What is paid comes from the balances of the journal, read under the lock of the agent's row, and the
entry of the approval empties them. So nothing can be paid twice, whoever prepares what and when.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.transitions import Transition, decide
from agentsys.payouts import due
from agentsys.payouts.due import Due
from agentsys.payouts.models import BatchState, LineState, PayoutBatch, PayoutLine, Withholding
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission

LONGEST_REASON = 200
MOST_LINES = 5_000  # of a batch; banks take no longer files


class BatchAction(StrEnum):
    """What is done with a prepared or approved batch."""

    APPROVE = "approve"
    CANCEL = "cancel"


_S, _A = BatchState, BatchAction
BATCH_TRANSITIONS = {
    (_S.PREPARED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.PREPARED, _A.CANCEL): Transition(_S.CANCELLED, by=Permission.COMMISSION_PAY_PREPARE),
    (_S.APPROVED, _A.CANCEL): Transition(_S.CANCELLED, by=Permission.COMMISSION_PAY_APPROVE),
}


def prepare(
    session: Session,
    *,
    office_id: int,
    layout: str,
    actor_id: int,
    agent_ids: Collection[int] | None = None,
) -> PayoutBatch:
    """A batch for the office's agents to whom commission is owed, or for some of them.

    Agents with a hindrance are left out. Refused if nobody is left.
    """
    actor = _actor(session, actor_id, office_id)
    if not actor.can(Permission.COMMISSION_PAY_PREPARE):
        raise Forbidden(permission=Permission.COMMISSION_PAY_PREPARE.value)
    wanted = due.agents_owed(session, office_id=office_id)
    if agent_ids is not None:
        wanted = [number for number in wanted if number in agent_ids]
    found = [
        each
        for agent in _locked_agents(session, wanted[:MOST_LINES])
        if (each := due.due_of(session, agent)).hindrance is None
    ]
    if not found:
        raise Refused("Tidak ada komisi yang dapat dibayar sekarang.")
    batch = PayoutBatch(
        office_id=office_id, layout=layout, prepared_by=actor.id, prepared_at=clock.now()
    )
    session.add(batch)
    session.flush()
    numbers = _last_numbers(session, [each.agent_id for each in found])
    for each in found:
        number = numbers.get(each.agent_id, 0) + 1
        session.add(_line(batch, each, number))
    session.flush()
    _record(session, batch, actor, _sums(session, batch))
    return batch


def decide_batch(
    session: Session, *, batch_id: int, action: BatchAction, actor_id: int, reason: str = ""
) -> PayoutBatch:
    """Approve a prepared batch as a second person, or cancel one that the bank does not have.

    What changed since it was prepared (a sum, an account) takes its line out of the batch; the
    others go on. Refused if no line is left.
    """
    batch = _locked(session, batch_id)
    actor = _actor(session, actor_id, batch.office_id)
    to = decide(BATCH_TRANSITIONS, batch.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if to is _S.CANCELLED and not reason:
        raise Invalid("Isi alasan pembatalan.", about="reason")
    now = clock.now()
    if to is _S.APPROVED:
        _approve(session, batch, actor, now)
    else:
        batch.reason = reason
        for line in batch.lines:
            if line.state is not LineState.CANCELLED:
                _take_out(line, reason, now)
    batch.state, batch.decided_by, batch.decided_at = to, actor.id, now
    session.flush()
    _record(session, batch, actor, _sums(session, batch) | {"reason": reason})
    return batch


def _approve(session: Session, batch: PayoutBatch, actor: User, now: datetime) -> None:
    if actor.id == batch.prepared_by:
        raise Forbidden("Pembayaran komisi disetujui orang kedua, bukan yang menyiapkannya.")
    second_person.check(session, second=actor, first_ids=[batch.prepared_by])
    agents = {
        agent.id: agent
        for agent in _locked_agents(session, [line.agent_id for line in batch.lines])
    }
    if any(agent.user_id == actor.id for agent in agents.values()):
        raise Forbidden("Di dalamnya ada komisi Anda sendiri. Minta orang lain menyetujui.")
    approved = 0
    for line in batch.lines:
        now_due = due.due_of(session, agents[line.agent_id], among=[line.id])
        if why := _changed(line, now_due):
            _take_out(line, why, now)
            continue
        _withhold(session, line, now_due, now)
        line.state = LineState.APPROVED
        approved += 1
    if not approved:
        raise Conflict(
            "Semua jumlah atau rekening di dalamnya berubah sejak disiapkan. Batalkan, lalu"
            " siapkan lagi."
        )


def _changed(line: PayoutLine, found: Due) -> str:
    """Why a line may not be paid as it was prepared; empty if it may."""
    if found.hindrance is not None or found.account is None:
        return "ada halangan baru"
    if found.account.id != line.account_id:
        return "rekening berganti sejak disiapkan"
    same = (
        (found.gross_idr, found.deduction_idr, found.tax_idr, found.again_idr)
        == (line.gross_idr, line.deduction_idr, line.tax_idr, line.again_idr)
    )  # fmt: skip
    return "" if same else "jumlahnya berubah sejak disiapkan"


def _withhold(session: Session, line: PayoutLine, found: Due, now: datetime) -> None:
    """Book tax and deduction: what is left is payable, and the agent's account is empty."""
    line.withheld_at = now
    session.flush()
    if not line.gross_idr:
        return
    if found.tax is not None:
        session.add(
            Withholding(
                line_id=line.id,
                office_id=line.office_id,
                agent_id=line.agent_id,
                kind=found.tax.kind,
                tax_month=due.today().replace(day=1),
                gross_idr=line.gross_idr,
                before_idr=found.before_idr,
                base_idr=found.tax.base_idr,
                tax_idr=line.tax_idr,
                surcharge=found.tax.surcharge,
                steps=[
                    {"percent": str(step.percent), "base_idr": step.base_idr}
                    for step in found.tax.steps
                ],
                account_id=line.account_id,
                withheld_at=now,
            )
        )
    journal.post(
        session,
        kind="commission.withheld",
        source=f"payout:{line.key}",
        at=now,
        lines={
            accounts.owed_to_agent(line.agent_id): line.gross_idr,
            accounts.tax_withheld(line.office_id): -line.tax_idr,
            accounts.short_of(line.agent_id): -line.deduction_idr,
            accounts.payable_to_agent(line.agent_id): (
                line.tax_idr + line.deduction_idr - line.gross_idr
            ),
        },
    )
    if line.deduction_id is not None:
        _end_deduction(session, line.deduction_id)


def _end_deduction(session: Session, deduction_id: int) -> None:
    """Let an agreed deduction end once payouts took all of it."""
    deduction = session.get_one(Deduction, deduction_id, with_for_update={"of": Deduction})
    if due.deducted(session, deduction_id) >= deduction.amount_idr:
        deduction.state = DeductionState.DEDUCTED
        session.flush()


def _take_out(line: PayoutLine, reason: str, now: datetime) -> None:
    line.state, line.reason, line.ended_at = LineState.CANCELLED, reason[:LONGEST_REASON], now


def _line(batch: PayoutBatch, found: Due, number: int) -> PayoutLine:
    assert found.account is not None
    return PayoutLine(
        batch_id=batch.id,
        office_id=batch.office_id,
        agent_id=found.agent_id,
        number=number,
        key=f"KOM-{found.agent_id}-{number}",
        account_id=found.account.id,
        gross_idr=found.gross_idr,
        deduction_idr=found.deduction_idr,
        deduction_id=found.deduction_id,
        tax_idr=found.tax_idr,
        again_idr=found.again_idr,
        net_idr=found.net_idr,
    )


def _last_numbers(session: Session, agent_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(PayoutLine.agent_id, func.max(PayoutLine.number))
        .where(PayoutLine.agent_id.in_(agent_ids))
        .group_by(PayoutLine.agent_id)
    )
    return {agent_id: number for agent_id, number in rows}


def _locked_agents(session: Session, agent_ids: Sequence[int]) -> Sequence[Agent]:
    """The agents, locked in one order: who pays one of them waits here."""
    return session.scalars(
        select(Agent)
        .where(Agent.id.in_(agent_ids))
        .order_by(Agent.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _locked(session: Session, batch_id: int) -> PayoutBatch:
    batch = session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound()
    return batch


def _actor(session: Session, actor_id: int, office_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None or actor.office_id not in (office_id, None):
        raise NotFound()
    return actor


def _sums(session: Session, batch: PayoutBatch) -> dict[str, int]:
    session.expire(batch, ["lines"])
    live = [line for line in batch.lines if line.state is not LineState.CANCELLED]
    return {"lines": len(live), "net_idr": sum(line.net_idr for line in live)}


def _record(
    session: Session, batch: PayoutBatch, actor: User, details: Mapping[str, object]
) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"payout_batch.{batch.state.value}",
        subject=f"payout_batch:{batch.id}",
        details={"office_id": batch.office_id, "layout": batch.layout, **details},
    )
