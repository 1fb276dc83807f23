"""For every state: its kind of work, or the reason why it waits for nobody."""

from __future__ import annotations

from enum import StrEnum

from agentsys.changes.models import ChangeState
from agentsys.commissions.models import StatementState
from agentsys.contributions.models import ContributionState
from agentsys.data_rights.models import DataRequestState
from agentsys.extension.contract import MandateState, PaymentState
from agentsys.payments.debit_models import DebitState, NoticeState
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.models import CaseKind
from agentsys.payments.models import Outcome as CallbackOutcome
from agentsys.payments.provider_models import ChannelHealth
from agentsys.payments.refund_models import RefundState
from agentsys.payments.unexplained_models import Outcome as UnexplainedOutcome
from agentsys.people.models import AgentStatus
from agentsys.remittances.models import RemittanceState
from agentsys.transfers.models import TransferState
from agentsys.workers.kinds import NewToBpu, RosterStatus

# The enumerations that are states, by the name of their object. Add new ones here.
TABLES: dict[str, type[StrEnum]] = {
    "payment": PaymentState,
    "deposit": DepositState,
    "remittance": RemittanceState,
    "statement": StatementState,
    "transfer": TransferState,
    "change": ChangeState,
    "refund": RefundState,
    "contribution": ContributionState,
    "list": RosterStatus,
    "case": CaseKind,
    "callback": CallbackOutcome,
    "channel": ChannelHealth,
    "mandate": MandateState,
    "debit": DebitState,
    "notice": NoticeState,
    "unexplained": UnexplainedOutcome,
    "agent": AgentStatus,
    "bpjs_answer": NewToBpu,
    "data_request": DataRequestState,
}

# Enumerations that are no states.
NOT_STATES = {
    "Action": "what a provider is asked; it is asked until it answers",
    "Beneficiary": "who earns a line",
    "Decline": "why a debit was refused",
    "MandateEnd": "why a mandate ended",
    "NoticeKind": "what a notice tells",
    "Relation": "whose account it is",
    "Custody": "who holds the money of a payment; what is held for too long waits as an account",
    "Direction": "whether a transfer goes out or comes in",
    "LinkKind": "what a link opens",
    "DataRequestKind": "what a worker asks for",
    "Funding": "who pays a contribution",
    "Programmes": "what a worker is insured for",
    "Sector": "what a worker does",
    "Registration": "whether BPJS registered a worker; the page of workers lists who waits",
    "RegisteredHow": "how it is known that BPJS registered a worker",
    "EndReason": "why a membership ended",
    "AccessChangeKind": "how an admin could come to know how a user signs in",
}

WAITS_AS = {
    **{f"case.{kind.value}": f"case.{kind.value}" for kind in CaseKind},
    "channel.stopped": "channel.stopped",
    "debit.given_up": "debit.visit",
    "notice.prepared": "notice.unsent",
    "deposit.declared": "deposit.declared",
    "deposit.returned": "deposit.returned",
    "remittance.open": "remittance.open",
    "remittance.coded": "remittance.coded",
    "remittance.cancelling": "remittance.cancelling",
    "statement.submitted": "statement.submitted",
    "statement.returned": "statement.returned",
    "transfer.proposed": "transfer.proposed",
    "refund.proposed": "refund.proposed",
    "change.proposed": "change.proposed",
    "contribution.collected": "remittance.ready",
    "data_request.open": "data.request",
    "list.failed": "list.failed",
    "list.done": "list.refused",
    "bpjs_answer.unknown": "answer.missing",
}

WAITS_FOR_NOBODY = {
    "payment.created": "the sweep asks the provider again",
    "payment.pending": "waits for the payer, and expires by itself",
    "payment.expired": "final; money that still comes opens a case",
    "payment.failed": "final; money that still comes opens a case",
    "payment.settled": "final; its months wait as contributions",
    "payment.refunded": "final; a case is opened if we had passed the money on",
    "deposit.confirmed": "final",
    "deposit.withdrawn": "final; the agent holds the cash again",
    "remittance.confirmed": "final",
    "remittance.cancelled": "final; if BPJS was paid for it, a case is opened",
    "statement.approved": "final; this version does not pay it out",
    "transfer.booked": "final",
    "change.approved": "final; the worker has the new data",
    "change.refused": "final",
    "change.withdrawn": "final",
    "refund.approved": "a job asks the provider until it answers",
    "refund.given": "final",
    "refund.refused": "final",
    "refund.failed": "the money is the worker's as before, and waits as that",
    "transfer.refused": "final",
    "data_request.done": "final",
    "data_request.refused": "final",
    "contribution.billed": "waits for the worker to pay; the agent's list shows it",
    "contribution.remitted": "waits as its batch does",
    "contribution.confirmed": "final",
    "list.waiting": "waits for its job",
    "list.running": "its job is running",
    "channel.working": "payments are started through it",
    "channel.away": "tried again by itself",
    "mandate.asked": "its job asks the provider for the consent page",
    "mandate.pending": "waits for the payer's consent, and ends by itself",
    "mandate.active": "the normal state",
    "mandate.suspended": "the provider is asked again each day; nothing is debited",
    "mandate.unclear": "the provider is asked again each day; nothing is debited",
    "mandate.ended": "final; the months are collected in another way",
    "debit.planned": "its job looks at it when it is due",
    "debit.announced": "its job looks at it when it is due",
    "debit.calling": "the sweep asks the provider again",
    "debit.collected": "final; its months wait as contributions",
    "debit.withdrawn": "final; paid in another way, or no permission any more",
    "notice.handed_over": "waits for the payer to open it; without it nothing is debited",
    "notice.opened": "final",
    "notice.confirmed": "final",
    "notice.replaced": "final; another notice counts",
    "callback.foreign": "final; another system's",
    "callback.moved": "final",
    "callback.nothing_new": "final",
    "callback.unknown": "opened a case",
    "callback.to_check": "opened a case",
    "unexplained.explained": "final",
    "unexplained.returned": "final",
    "agent.active": "the normal state",
    "agent.suspended": "decided by an admin; open work can be finished",
    "agent.left": "final",
    "bpjs_answer.yes": "answered",
    "bpjs_answer.no": "answered",
}

# An empty time means that something has not happened yet. TABLE.COLUMN: the kinds that wait for it,
# or why nobody does.
EMPTY_TIMES: dict[str, tuple[str, ...] | str] = {
    "billing_runs.finished_at": ("month.unbilled",),
    "callbacks.next_try_at": ("callback.stuck",),
    "callbacks.processed_at": ("callback.stuck",),
    "channel_states.retry_at": ("channel.stopped",),
    "cases.closed_at": tuple(f"case.{kind.value}" for kind in CaseKind),
    "commission_runs.finished_at": ("run.stopped", "month.uncomputed"),
    "contributions.confirmed_at": ("remittance.ready", "remittance.coded"),
    "contributions.held_at": ("contribution.held",),
    "debit_runs.closed_at": "its job closes it when the day is over",
    "debit_stops.resumed_at": ("debits.stopped",),
    "debits.ended_at": "only those that were given up have one",
    "debit_tries.compare_at": "its job compares it when it is due; what differs is a case",
    "debits.look_at": "its job looks at it when it is due",
    "enrolments.ended_at": "a membership that goes on has none",
    "debits.visited_at": ("debit.visit", "debit.needs_payer"),
    "data_requests.decided_at": ("data.request",),
    "deposits.decided_at": ("deposit.declared", "deposit.stuck"),
    "mandate_workers.since": "waits for the payer's consent, and ends by itself",
    "mandate_workers.until": "the mandate goes on",
    "mandates.consent_until": "only some providers say it",
    "mandates.consented_at": "waits for the payer's consent, and ends by itself",
    "mandates.ended_at": ("mandate.ended",),
    "mandates.expires_at": ("notice.unsent",),
    "mandates.next_check_at": "the provider is asked again by itself",
    "notices.counted_at": "without it nothing is debited, and in the end the agent visits",
    "notices.handed_over_at": ("notice.unsent", "mandate.ended"),
    "page_codes.used_at": "a code ends by itself",
    "offices.added_at": "an office of before has none",
    "pay_links.withdrawn_at": "most links end by themselves",
    "payments.final_at": "only money of some channels can be taken back",
    "payments.expires_at": "only channels with a limit have one",
    "payments.next_check_at": "the provider is asked again by itself",
    "payments.settled_at": "waits for the payer, and ends by itself",
    "provider_requests.claimed_until": "a job asks it when it is due",
    "refunds.confirmed_at": "the bank's notice; the money has left already",
    "refunds.decided_at": ("refund.proposed",),
    "refunds.given_at": "a job asks the provider until it answers",
    "remittances.cancel_asked_at": ("remittance.cancelling",),
    "remittances.cancelled_at": ("remittance.cancelling",),
    "remittances.confirmed_at": ("remittance.coded",),
    "rosters.finished_at": "its job works; one that stopped has the state failed",
    "rosters.handled_at": ("list.failed", "list.refused"),
    "statements.decided_at": ("statement.submitted",),
    "transfers.decided_at": ("transfer.proposed",),
    "unexplained.closed_at": ("money.unexplained",),
    "user_sessions.remembered_until": "a session ends by itself",
    "users.locked_until": "ends by itself, and an admin can end it",
    "worker_changes.decided_at": ("change.proposed",),
    "work_assignments.due_at": "the kind's rule says when",
    "work_assignments.handed_at": "most work is not handed over",
    "workers.bpu_answered_at": ("answer.missing",),
    "workers.consent_withdrawn_at": "few withdraw it",
    "workers.erased_at": "few are erased",
    "workers.consent_at": "asked at the enrolment, which is refused without it",
}

# Each kind of account: the kinds of work about its money, or why its money may stay there.
ACCOUNTS: dict[str, tuple[str, ...] | str] = {
    "BANK": ("remittance.ready", "remittance.open", "remittance.coded"),
    "CASH": ("cash.over_ceiling", "cash.too_old", "deposit.declared", "deposit.returned"),
    "CLAIM_WORKER": ("worker.owes",),
    "CLEARING": "the provider pays out by itself; its page shows what it still holds",
    "COMMISSION": "an expense",
    "DUE": "a loan between offices, which they pay each other outside",
    "GATEWAY_FEE": "an expense",
    "OWED_AGENT": "paying commissions out is not done by this version",
    "OWED_BPJS": ("remittance.ready", "contribution.held"),
    "OWED_OFFICE": "paying commissions out is not done by this version",
    "OWED_WORKER": ("worker.owed",),
    "OWN_FUNDS": "own money of the network",
    "RESERVED": "a job asks the provider until it answers",
    "SUSPENSE": ("money.unexplained", "case.other_amount"),
}
