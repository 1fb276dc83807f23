"""Open work about paying commissions: what waits for a second person, or for the bank."""

from __future__ import annotations

from sqlalchemy import exists, func, literal_column, select
from sqlalchemy.orm import aliased

from agentsys.commissions.approving.models import (
    StageBy,
    StageRule,
    StageRuleState,
    StatementApproval,
)
from agentsys.commissions.carried.models import CarriedItem, CarriedState
from agentsys.commissions.models import Statement, StatementState
from agentsys.commissions.rates.models import CommissionRates, RatesState
from agentsys.payouts.models import BatchState, LineState, PayoutBatch, PayoutLine
from agentsys.payouts.receipt_models import (
    CommissionDifference,
    CommissionReceipt,
    DifferenceState,
    ReceiptState,
)
from agentsys.people.models import Agent
from agentsys.terms.models import CommissionTerms, TermsState
from agentsys.work.columns import Source, waiting

PROPOSED_TERMS = waiting(
    "terms.proposed",
    CommissionTerms.id,
    since=CommissionTerms.proposed_at,
    office_id=CommissionTerms.office_id,
    about=CommissionTerms.basis,
    not_by=CommissionTerms.proposed_by,
).where(CommissionTerms.state == TermsState.PROPOSED)

PROPOSED_RATES = waiting(
    "rates.proposed",
    CommissionRates.id,
    since=CommissionRates.proposed_at,
    office_id=CommissionRates.office_id,
    about=CommissionRates.basis,
    not_by=CommissionRates.proposed_by,
).where(CommissionRates.state == RatesState.PROPOSED)

PROPOSED_STAGE_RULES = waiting(
    "stage_rule.proposed",
    StageRule.id,
    since=StageRule.proposed_at,
    office_id=StageRule.office_id,
    about=StageRule.basis,
    not_by=StageRule.proposed_by,
).where(StageRule.state == StageRuleState.PROPOSED)


def _stage(kind: str, by: StageBy) -> Source:
    """Statements that were approved in part, and wait for this stage."""
    after = aliased(StatementApproval)
    earner = select(Agent.user_id).where(Agent.id == Statement.agent_id).scalar_subquery()
    return (
        waiting(
            kind,
            Statement.id,
            since=StatementApproval.approved_at,
            office_id=Statement.office_id,
            agent_id=Statement.agent_id,
            about=func.to_char(Statement.month, "YYYY-MM"),
            amount_idr=Statement.agent_idr + Statement.office_idr,
            not_by=Statement.computed_by,
            nor_by=earner,
        )
        .select_from(StatementApproval)
        .join(Statement, Statement.id == StatementApproval.statement_id)
        .where(
            Statement.state == StatementState.SUBMITTED,
            StatementApproval.lines_hash == Statement.lines_hash,
            StatementApproval.voided_at.is_(None),
            StatementApproval.next_by == by,
            ~exists().where(
                after.statement_id == Statement.id,
                after.lines_hash == Statement.lines_hash,
                after.voided_at.is_(None),
                after.stage > StatementApproval.stage,
            ),
        )
    )


SECOND_STAGE = _stage("statement.second", StageBy.SECOND)
LAST_STAGE = _stage("statement.last", StageBy.LAST)

CARRIED = waiting(
    "commission_carried.proposed",
    CarriedItem.id,
    since=CarriedItem.proposed_at,
    office_id=CarriedItem.office_id,
    about=CarriedItem.why,
    not_by=CarriedItem.proposed_by,
).where(CarriedItem.state == CarriedState.PROPOSED)

RECEIPTS = waiting(
    "commission_receipt.recorded",
    CommissionReceipt.id,
    since=CommissionReceipt.recorded_at,
    office_id=CommissionReceipt.office_id,
    about=func.to_char(CommissionReceipt.month, "YYYY-MM"),
    amount_idr=CommissionReceipt.gross_idr,
    not_by=CommissionReceipt.recorded_by,
).where(CommissionReceipt.state == ReceiptState.RECORDED)

PROPOSED_DIFFERENCES = waiting(
    "commission_difference.proposed",
    CommissionDifference.id,
    since=CommissionDifference.proposed_at,
    office_id=CommissionDifference.office_id,
    about=CommissionDifference.reason,
    amount_idr=CommissionDifference.amount_idr,
    not_by=CommissionDifference.proposed_by,
).where(CommissionDifference.state == DifferenceState.PROPOSED)

_BOOKED = (
    select(func.coalesce(func.sum(CommissionDifference.amount_idr), 0))
    .where(
        CommissionDifference.statement_id == Statement.id,
        CommissionDifference.state == DifferenceState.BOOKED,
    )
    .correlate(Statement)
    .scalar_subquery()
)
_WAITS = (
    select(literal_column("1"))
    .where(
        CommissionDifference.statement_id == Statement.id,
        CommissionDifference.state == DifferenceState.PROPOSED,
    )
    .correlate(Statement)
    .exists()
)
OPEN_DIFFERENCES = waiting(
    "commission_difference.open",
    Statement.id,
    since=Statement.decided_at,
    office_id=Statement.office_id,
    agent_id=Statement.agent_id,
    about=func.to_char(Statement.month, "YYYY-MM"),
    amount_idr=Statement.received_idr - Statement.agent_idr,
).where(
    Statement.state == StatementState.APPROVED,
    Statement.received_idr != Statement.agent_idr,
    Statement.received_idr - Statement.agent_idr - _BOOKED != 0,
    ~_WAITS,
)

PREPARED_BATCHES = waiting(
    "payout_batch.prepared",
    PayoutBatch.id,
    since=PayoutBatch.prepared_at,
    office_id=PayoutBatch.office_id,
    not_by=PayoutBatch.prepared_by,
).where(PayoutBatch.state == BatchState.PREPARED)

APPROVED_BATCHES = waiting(
    "payout_batch.approved",
    PayoutBatch.id,
    since=PayoutBatch.decided_at,
    office_id=PayoutBatch.office_id,
).where(PayoutBatch.state == BatchState.APPROVED)

SENT_LINES = waiting(
    "payout_line.sent",
    PayoutLine.batch_id,
    since=PayoutLine.sent_at,
    office_id=PayoutLine.office_id,
    agent_id=PayoutLine.agent_id,
    about=PayoutLine.key,
    amount_idr=PayoutLine.net_idr,
).where(PayoutLine.state == LineState.SENT)
