"""Every state of every state table: the kind of work that it is, or why it waits for nobody."""

from __future__ import annotations

from enum import StrEnum

from agentsys.commissions.models import StatementState
from agentsys.contributions.models import ContributionState
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import CaseKind, DepositState
from agentsys.payments.models import Outcome as CallbackOutcome
from agentsys.people.models import AgentStatus
from agentsys.remittances.models import RemittanceState
from agentsys.transfers.models import Outcome as UnexplainedOutcome
from agentsys.transfers.models import TransferState
from agentsys.workers.kinds import NewToBpu, RosterStatus

# The enumerations that are states, by the name of what has them. A new one is put here.
TABLES: dict[str, type[StrEnum]] = {
    "payment": PaymentState,
    "deposit": DepositState,
    "remittance": RemittanceState,
    "statement": StatementState,
    "transfer": TransferState,
    "contribution": ContributionState,
    "list": RosterStatus,
    "case": CaseKind,
    "callback": CallbackOutcome,
    "unexplained": UnexplainedOutcome,
    "agent": AgentStatus,
    "bpjs_answer": NewToBpu,
}

WAITS_AS = {
    **{f"case.{kind.value}": f"case.{kind.value}" for kind in CaseKind},
    "deposit.declared": "deposit.declared",
    "deposit.returned": "deposit.returned",
    "remittance.open": "remittance.open",
    "remittance.coded": "remittance.coded",
    "remittance.cancelling": "remittance.cancelling",
    "statement.submitted": "statement.submitted",
    "statement.returned": "statement.returned",
    "transfer.proposed": "transfer.proposed",
    "contribution.collected": "remittance.ready",
    "list.failed": "list.failed",
    "list.done": "list.refused",
    "bpjs_answer.unknown": "answer.missing",
}

WAITS_FOR_NOBODY = {
    "payment.created": "the provider is asked again by itself",
    "payment.pending": "waits for the payer, and ends by itself",
    "payment.expired": "final; money that still comes opens a case",
    "payment.failed": "final; money that still comes opens a case",
    "payment.settled": "final; its months wait as contributions",
    "payment.refunded": "final; what it left behind opens a case",
    "deposit.confirmed": "final",
    "deposit.withdrawn": "final; the agent holds the cash again",
    "remittance.confirmed": "final",
    "remittance.cancelled": "final; BPJS' payment for it opens a case",
    "statement.approved": "final; paying it out is not done by this version",
    "transfer.booked": "final",
    "transfer.refused": "final",
    "contribution.billed": "waits for the worker to pay; the agent's list shows it",
    "contribution.remitted": "waits as its batch does",
    "contribution.confirmed": "final",
    "list.waiting": "waits for its job",
    "list.running": "its job works",
    "callback.moved": "final",
    "callback.nothing_new": "final",
    "callback.unknown": "opened a case",
    "callback.desk": "opened a case",
    "unexplained.explained": "final",
    "unexplained.returned": "final",
    "agent.active": "an agent at work",
    "agent.suspended": "decided by an administrator; what is open can be finished",
    "agent.left": "final",
    "bpjs_answer.yes": "answered",
    "bpjs_answer.no": "answered",
}
