"""A batch of payouts that waits, a payment of BPJS that waits, and rates, for the pages of both."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.carried.models import CarriedItem, CarriedKind
from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.payouts.models import PayoutBatch, PayoutLine
from agentsys.payouts.receipt_models import CommissionReceipt
from agentsys.people.models import Agent
from tests.factories import make_user
from tests.office_factories import decided_rates


def payout_rows(session: Session, agent: Agent) -> dict[str, Any]:
    """Their rows by the names of URL parameters; somebody whom nobody is prepared them."""
    office_id = agent.office_id
    first = make_user(session, office_id=office_id).id
    batch = PayoutBatch(office_id=office_id, layout="generic_csv", prepared_by=first)
    account = _account(agent)
    receipt = CommissionReceipt(
        office_id=office_id,
        month=date(2026, 11, 1),
        gross_idr=1,
        office_idr=1,
        tax_idr=0,
        bank_ref=f"rows-{agent.id}",
        received_on=date(2026, 12, 1),
        recorded_by=first,
    )
    session.add_all([batch, account, receipt])
    session.flush()
    line = PayoutLine(
        batch_id=batch.id,
        office_id=office_id,
        agent_id=agent.id,
        number=1,
        key=f"rows-{agent.id}",
        account_id=account.id,
        gross_idr=1,
        deduction_idr=0,
        tax_idr=0,
        again_idr=0,
        net_idr=1,
    )
    session.add(line)
    session.flush()
    return {
        "payout_batch_id": batch,
        "payout_line_id": line,
        "commission_receipt_id": receipt,
        "npwp_account_id": account,
        "carried_id": _carried(session, agent, first),
        "rates_id": decided_rates(session, office_id=office_id, valid_from=date(2030, 1, 1)),
    }


def _account(agent: Agent) -> AgentAccount:
    return AgentAccount(
        reference=f"rows-{agent.id}",
        agent_id=agent.id,
        bank="x",
        holder="x",
        number_sealed=b"",
        number_masked="x",
        state=AgentAccountState.REFUSED,
        proposed_by=agent.user_id,
        decided_by=agent.supervisor_id,
        decided_at=clock.now(),
    )


def _carried(session: Session, agent: Agent, first: int) -> CarriedItem:
    item = CarriedItem(
        kind=CarriedKind.ADJUSTMENT,
        agent_id=agent.id,
        office_id=agent.office_id,
        agent_idr=1,
        why="x",
        proposed_by=first,
    )
    session.add(item)
    session.flush()
    return item
