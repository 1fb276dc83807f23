"""Paying commissions in the demo city: accounts, what BPJS paid, and batches of payouts.

One agent has no account yet, one is changing it, BPJS paid one agent another sum, one transfer came
back, the newest batch waits for a second person, and a supervisor is away.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.demo.city import delegating
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.months import add_months
from agentsys.papers.account_models import AgentAccount, AgentAccountState, NpwpKind
from agentsys.payouts import batches, due, files, receipts, results, sending
from agentsys.payouts.batches import BatchAction
from agentsys.payouts.models import LineState, PayoutBatch, PayoutLine, Withholding
from agentsys.payouts.receipt_models import CommissionReceipt
from agentsys.payouts.receipts import Paid, ReceiptAction
from agentsys.people.models import Agent
from agentsys.workers import seals

BANKS = ("Bank Kaltimtara", "BRI", "BNI", "Bank Mandiri")
RECEIVED_DAY, PAID_DAY = 5, 7
LESS_IDR = 12_500  # what BPJS once paid too little for an agent


def play(session: Session, vault: Vault, *, staff: Staff, times: Times, rng: random.Random) -> None:
    """Pay the commissions of every approved month but the newest, of which a batch waits."""
    _give_accounts(session, vault, staff, times, rng)
    for office_id in (staff.main_id, staff.other_id):
        months = session.scalars(
            select(Statement.month)
            .where(Statement.office_id == office_id, Statement.state == StatementState.APPROVED)
            .distinct()
            .order_by(Statement.month)
        ).all()
        for month in months:
            newest = month == months[-1]
            _receive(session, staff, times, office_id, month, less=newest)
            at = min(moment(add_months(month, 1), PAID_DAY, 9 * 60), times.ago(hours=2))
            if not _somebody_can_be_paid(session, office_id):
                continue
            if newest:
                waiting = batches.prepare(
                    session,
                    office_id=office_id,
                    layout=files.GENERIC,
                    actor_id=staff.finance[office_id],
                )
                _date_back(session, waiting, at)
            else:
                _pay(session, vault, staff, office_id, at)
    delegating.play(session, staff=staff)
    session.expire_all()


def _somebody_can_be_paid(session: Session, office_id: int) -> bool:
    """A small city may have an office whose only agent has no account."""
    owed = due.agents_owed(session, office_id=office_id)
    found = session.scalars(select(Agent).where(Agent.id.in_(owed)))
    return any(due.due_of(session, agent).hindrance is None for agent in found)


def _give_accounts(
    session: Session, vault: Vault, staff: Staff, times: Times, rng: random.Random
) -> None:
    """An account for all agents but the last; the second is changing the own one."""
    agents = session.scalars(
        select(Agent).where(Agent.id.in_([each.id for each in staff.agents])).order_by(Agent.id)
    ).all()
    for agent in agents[:-1]:
        _account(session, vault, agent, times, rng)
    if len(agents) > 2:
        changing = _account(session, vault, agents[1], times, rng)
        changing.state, changing.in_force_on = AgentAccountState.PROPOSED, None
        changing.decided_by = changing.decided_at = None
        changing.proposed_at = times.ago(hours=20)
    session.flush()


def _account(
    session: Session, vault: Vault, agent: Agent, times: Times, rng: random.Random
) -> AgentAccount:
    reference = f"{rng.getrandbits(128):032x}"
    number = f"0{rng.randrange(10**9):09d}"
    npwp = f"{rng.randrange(10**9):09d}{rng.randrange(10**3):03d}000"
    since = moment(times.months[0], 1, 9 * 60)
    account = AgentAccount(
        reference=reference,
        agent_id=agent.id,
        bank=rng.choice(BANKS),
        holder=agent.name,
        number_sealed=vault.seal(number, seals.agent_account_of(reference)),
        number_masked=f"••••••{number[-4:]}",
        npwp_sealed=vault.seal(npwp, seals.agent_npwp_of(reference)),
        npwp_masked=f"•••••••••••{npwp[-4:]}",
        npwp_kind=NpwpKind.OLD,
        state=AgentAccountState.APPROVED,
        proposed_by=agent.user_id,
        proposed_at=since,
        decided_by=agent.supervisor_id,
        decided_at=since + timedelta(hours=4),
        in_force_on=since.date(),
    )
    session.add(account)
    session.flush()
    return account


def _receive(
    session: Session, staff: Staff, times: Times, office_id: int, month: date, *, less: bool
) -> None:
    """What BPJS paid for a month; with `less` it paid one agent too little."""
    open_now = receipts.open_statements(session, office_id=office_id, month=month)
    if not open_now:
        return
    by_agent = {each.code: each.open_idr for each in open_now}
    if less and by_agent[open_now[0].code] > LESS_IDR:
        by_agent[open_now[0].code] -= LESS_IDR
    office_idr = receipts.office_part(session, office_id=office_id, month=month)
    at = min(moment(add_months(month, 1), RECEIVED_DAY, 10 * 60), times.ago(hours=3))
    found = receipts.record(
        session,
        office_id=office_id,
        paid=Paid(
            month=month,
            by_agent=by_agent,
            office_idr=office_idr,
            total_idr=sum(by_agent.values()) + office_idr,
            tax_idr=0,
            bank_ref=f"INS{month:%y%m}{office_id:02d}",
            received_on=at.date(),
        ),
        actor_id=staff.finance[office_id],
    )
    receipts.decide_receipt(
        session, receipt_id=found.id, action=ReceiptAction.CONFIRM, actor_id=staff.admin_id
    )
    session.execute(
        update(CommissionReceipt)
        .where(CommissionReceipt.id == found.id)
        .values(recorded_at=at, decided_at=at + timedelta(hours=1))
    )


def _pay(session: Session, vault: Vault, staff: Staff, office_id: int, at: datetime) -> None:
    """A batch whose transfers arrive, but for one that comes back."""
    finance = staff.finance[office_id]
    batch = batches.prepare(session, office_id=office_id, layout=files.GENERIC, actor_id=finance)
    batches.decide_batch(
        session, batch_id=batch.id, action=BatchAction.APPROVE, actor_id=staff.admin_id
    )
    sending.send_file(
        session,
        batch_id=batch.id,
        actor_id=finance,
        vault=vault,
        layout=files.layout_of(files.GENERIC),
    )
    _results(session, batch, finance, at)
    _date_back(session, batch, at)


def _results(session: Session, batch: PayoutBatch, finance: int, at: datetime) -> None:
    """Every transfer of a batch arrives; the last one comes back after two days."""
    lines: Sequence[PayoutLine] = [line for line in batch.lines if line.state is LineState.SENT]
    for line in lines:
        results.record_result(
            session,
            line_id=line.id,
            result=results.Result(
                state=LineState.SUCCEEDED,
                bank_ref=f"TRF{at:%y%m%d}{line.id:05d}",
                paid_on=at.date(),
            ),
            actor_id=finance,
        )
    if len(lines) > 1:
        results.record_result(
            session,
            line_id=lines[-1].id,
            result=results.Result(
                state=LineState.RETURNED, reason="rekening tidak aktif", paid_on=at.date()
            ),
            actor_id=finance,
        )


def _date_back(session: Session, batch: PayoutBatch, at: datetime) -> None:
    """Set the times that the services wrote to that month."""
    later = at + timedelta(hours=1)
    session.flush()
    values = {"prepared_at": at}
    if batch.decided_at is not None:
        values |= {"decided_at": later, "sent_at": later, "finished_at": later}
    session.execute(update(PayoutBatch).where(PayoutBatch.id == batch.id).values(values))
    lines = select(PayoutLine.id).where(PayoutLine.batch_id == batch.id)
    if batch.decided_at is not None:
        session.execute(
            update(PayoutLine)
            .where(PayoutLine.batch_id == batch.id, PayoutLine.state != LineState.CANCELLED)
            .values(withheld_at=later, sent_at=later, ended_at=later)
        )
        session.execute(
            update(Withholding)
            .where(Withholding.line_id.in_(lines))
            .values(withheld_at=later, tax_month=later.date().replace(day=1))
        )
    session.expire_all()
