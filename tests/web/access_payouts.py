"""A statement, and what waits about paying commissions, proposed by somebody whom nobody is."""

from __future__ import annotations

from datetime import date
from typing import Any

from agentsys import clock
from agentsys.commissions.models import CommissionRun, Statement
from agentsys.db import db
from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.payouts.models import PayoutBatch, PayoutLine
from agentsys.payouts.receipt_models import CommissionDifference, CommissionReceipt, DifferenceWay
from agentsys.people.models import Agent
from agentsys.terms.models import (
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)
from tests.factories import make_user


def _account(agent: Agent) -> AgentAccount:
    account = AgentAccount(
        reference=f"walk-{agent.id}",
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
    db.session().add(account)
    db.session().flush()
    return account


def _paid(agent: Agent, second: int, batch: PayoutBatch, statement: Statement) -> dict[str, Any]:
    return {
        "payout_batch_id": batch,
        "payout_line_id": PayoutLine(
            batch_id=batch.id,
            office_id=agent.office_id,
            agent_id=agent.id,
            number=1,
            key=f"walk-{agent.id}",
            account_id=_account(agent).id,
            gross_idr=1,
            deduction_idr=0,
            tax_idr=0,
            again_idr=0,
            net_idr=1,
        ),
        "commission_receipt_id": CommissionReceipt(
            office_id=agent.office_id,
            month=date(2026, 11, 1),
            gross_idr=1,
            office_idr=1,
            tax_idr=0,
            bank_ref=f"walk-{agent.id}",
            received_on=date(2026, 12, 1),
            recorded_by=second,
        ),
        "statement_id": statement,
        "commission_difference_id": CommissionDifference(
            office_id=statement.office_id,
            month=statement.month,
            statement_id=statement.id,
            amount_idr=1,
            way=DifferenceWay.BPJS_COUNTS,
            reason="x",
            proposed_by=second,
        ),
    }


def payouts_of(agent: Agent, run: CommissionRun) -> dict[str, Any]:
    """The rows by the names of URL parameters."""
    second = make_user(db.session(), office_id=agent.office_id).id
    batch = PayoutBatch(office_id=agent.office_id, layout="generic_csv", prepared_by=second)
    statement = Statement(
        agent_id=agent.id,
        office_id=agent.office_id,
        month=clock.this_month(),
        lines_hash=bytes(32),
        run_id=run.id,
    )
    db.session().add_all([batch, statement])
    db.session().flush()
    return _paid(agent, second, batch, statement) | {
        "terms_id": CommissionTerms(
            office_id=agent.office_id,
            valid_from=date(2026, 11, 1),
            funding=CommissionFunding.OWN,
            agent_tax_by=Withholder.OFFICE,
            office_tax_by=Withholder.BPJS,
            tax_period=TaxPeriod.MONTH,
            minimum_idr=0,
            basis="x",
            # The walk is about rows that are there; in one office only one may wait.
            state=TermsState.APPROVED,
            proposed_by=make_user(db.session(), office_id=agent.office_id).id,
            decided_by=make_user(db.session(), office_id=agent.office_id).id,
            decided_at=clock.now(),
        ),
    }
