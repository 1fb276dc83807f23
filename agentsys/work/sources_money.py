"""Open work about money: cases, deposits, transfers, and unexplained money."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from agentsys.corrections.models import Correction, CorrectionState
from agentsys.payments.custody import in_hand
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Case, Payment, StoredCallback
from agentsys.payments.provider_models import ChannelHealth, ChannelState
from agentsys.payments.refund_models import Refund, RefundState
from agentsys.payments.reversal_models import CashReversal, ReversalState
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people.models import Agent
from agentsys.statements.models import BankIssue, BankLine
from agentsys.transfers.models import Transfer, TransferState
from agentsys.work.columns import NOW, waiting

_Later = aliased(Deposit)
_ends_at = func.coalesce(Payment.expires_at, Payment.created_at)
_EARNER = select(Agent.user_id).where(Agent.id == Deposit.agent_id).scalar_subquery()

CASES = (
    waiting(
        func.concat("case.", Case.kind),
        Case.id,
        since=Case.opened_at,
        office_id=Case.office_id,
        agent_id=Payment.agent_id,
        worker_id=Payment.worker_id,
        about=func.coalesce(Payment.reference, Case.subject),
        amount_idr=Case.amount_idr,
    )
    .select_from(Case)
    .outerjoin(Payment, Payment.id == Case.payment_id)
    .where(Case.closed_at.is_(None))
)

DECLARED_DEPOSITS = waiting(
    "deposit.declared",
    Deposit.id,
    since=Deposit.declared_at,
    office_id=Deposit.office_id,
    agent_id=Deposit.agent_id,
    about=Deposit.evidence,
    amount_idr=Deposit.amount_idr,
    not_by=Deposit.declared_by,
    nor_by=_EARNER,
).where(Deposit.state == DepositState.DECLARED, Deposit.channel == "")

# Providers end what is not paid in time, or are asked to: a day later it is stuck.
STUCK_DEPOSITS = (
    waiting(
        "deposit.stuck",
        Payment.id,
        since=_ends_at,
        office_id=Deposit.office_id,
        agent_id=Deposit.agent_id,
        about=Deposit.evidence,
        amount_idr=Deposit.amount_idr,
    )
    .join(Payment, Payment.for_deposit_id == Deposit.id)
    .where(
        Deposit.state == DepositState.DECLARED,
        _ends_at < NOW - timedelta(days=1),
        Payment.aside_idr == 0,  # what is set aside is a case
    )
)

# Open while the agent holds cash and has declared no deposit since.
RETURNED_DEPOSITS = waiting(
    "deposit.returned",
    Deposit.id,
    since=Deposit.decided_at,
    office_id=Deposit.office_id,
    agent_id=Deposit.agent_id,
    about=Deposit.reason,
    amount_idr=Deposit.amount_idr,
).where(
    Deposit.state == DepositState.RETURNED,
    ~exists().where(
        _Later.agent_id == Deposit.agent_id,
        _Later.id > Deposit.id,
        _Later.state != DepositState.WITHDRAWN,
    ),
    exists().where(*in_hand(), Payment.agent_id == Deposit.agent_id),
)

# Callbacks that could not be processed are retried automatically for a day at most.
STUCK_CALLBACKS = (
    waiting(
        "callback.stuck",
        StoredCallback.id,
        since=StoredCallback.received_at,
        office_id=Payment.office_id,
        worker_id=Payment.worker_id,
        about=func.coalesce(func.nullif(StoredCallback.note, ""), StoredCallback.reference),
        amount_idr=Payment.amount_idr,
    )
    .select_from(StoredCallback)
    .outerjoin(Payment, Payment.reference == StoredCallback.reference)
    .where(StoredCallback.outcome.is_(None), StoredCallback.received_at < NOW - timedelta(days=1))
)

# A line of a bank without a record of ours, or a record that its statement does not show.
BANK_ISSUES = (
    waiting(
        "bank.issue",
        BankIssue.id,
        since=BankIssue.opened_at,
        office_id=BankIssue.office_id,
        about=func.coalesce(
            func.nullif(BankLine.text, ""),
            BankLine.reference,
            func.concat(BankIssue.thing_kind, " ", BankIssue.thing_id),
        ),
        amount_idr=BankIssue.amount_idr,
    )
    .select_from(BankIssue)
    .outerjoin(BankLine, BankLine.id == BankIssue.line_id)
    .where(BankIssue.closed_at.is_(None))
)

# One item for all of a channel's payments: the provider refuses our key or account.
STOPPED_CHANNELS = waiting(
    "channel.stopped",
    ChannelState.channel,
    since=ChannelState.since,
    about=func.concat(ChannelState.channel, ": ", ChannelState.reason),
).where(ChannelState.health == ChannelHealth.STOPPED)

PROPOSED_TRANSFERS = waiting(
    "transfer.proposed",
    Transfer.id,
    since=Transfer.proposed_at,
    office_id=Transfer.office_id,
    agent_id=Transfer.agent_id,
    worker_id=Transfer.worker_id,
    about=Transfer.bank_ref,
    amount_idr=Transfer.amount_idr,
    not_by=Transfer.proposed_by,
).where(Transfer.state == TransferState.PROPOSED)

PROPOSED_REFUNDS = (
    waiting(
        "refund.proposed",
        Refund.id,
        since=Refund.proposed_at,
        office_id=Refund.office_id,
        agent_id=Payment.agent_id,
        worker_id=Payment.worker_id,
        about=Payment.reference,
        amount_idr=Refund.amount_idr,
        not_by=Refund.proposed_by,
        nor_by=select(Agent.user_id).where(Agent.id == Payment.agent_id).scalar_subquery(),
    )
    .join(Payment, Payment.id == Refund.payment_id)
    .where(Refund.state == RefundState.PROPOSED)
)

PROPOSED_REVERSALS = (
    waiting(
        "reversal.proposed",
        CashReversal.id,
        since=CashReversal.proposed_at,
        office_id=CashReversal.office_id,
        agent_id=CashReversal.agent_id,
        worker_id=Payment.worker_id,
        about=Payment.reference,
        amount_idr=Payment.amount_idr,
        not_by=CashReversal.proposed_by,
        nor_by=select(Agent.user_id).where(Agent.id == CashReversal.agent_id).scalar_subquery(),
    )
    .join(Payment, Payment.id == CashReversal.payment_id)
    .where(CashReversal.state == ReversalState.PROPOSED)
)

PROPOSED_CORRECTIONS = waiting(
    "correction.proposed",
    Correction.id,
    since=Correction.proposed_at,
    office_id=Correction.office_id,
    about=Correction.reason,
    amount_idr=Correction.amount_idr,
    not_by=Correction.proposed_by,
).where(Correction.state == CorrectionState.PROPOSED)

ASKED_DEDUCTIONS = waiting(
    "deduction.asked",
    Deduction.id,
    since=Deduction.asked_at,
    office_id=Deduction.office_id,
    agent_id=Deduction.agent_id,
    about=Deduction.note,
    amount_idr=Deduction.amount_idr,
    not_by=Deduction.asked_by,
).where(Deduction.state == DeductionState.ASKED)

# If a transfer is proposed, the transfer is the item.
UNEXPLAINED = waiting(
    "money.unexplained",
    Unexplained.id,
    since=Unexplained.booked_at,
    about=Unexplained.reason,
    amount_idr=Unexplained.amount_idr,
).where(
    Unexplained.closed_at.is_(None),
    ~exists().where(
        Transfer.unexplained_id == Unexplained.id, Transfer.state == TransferState.PROPOSED
    ),
)
