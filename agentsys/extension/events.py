"""Types of events, for plugins and for readers in the core."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Base class of all events; `kind` is stored and never renamed."""

    kind: ClassVar[str]
    office_id: int | None = None
    agent_id: int | None = None
    worker_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class WorkerEnrolled(Happened):
    """A worker was registered here, one by one; lists are ListImported."""

    kind = "worker.enrolled"
    month: date
    programmes: str


@dataclass(frozen=True, kw_only=True)
class WorkerRegistered(Happened):
    """An office recorded that BPJS registered a worker; `how` says how that is known."""

    kind = "worker.registered"
    how: str


@dataclass(frozen=True, kw_only=True)
class RegistrationRefused(Happened):
    """BPJS refused a worker's data, which the agent is to correct."""

    kind = "registration.refused"
    reason: str


@dataclass(frozen=True, kw_only=True)
class MembershipEnded(Happened):
    """A worker's membership ended; `month` is the first one that is not part of it."""

    kind = "membership.ended"
    month: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class MembershipResumed(Happened):
    """A worker whose membership had ended is a member again from a month on."""

    kind = "membership.resumed"
    month: date


@dataclass(frozen=True, kw_only=True)
class WorkersHandedOver(Happened):
    """Workers of `agent_id` moved to other agents, perhaps of another office, or back (`undone`).

    Their open months moved with them; months that were paid before stay with the old agent.
    """

    kind = "workers.handed_over"
    handover_id: int
    to_office_id: int
    month: date
    workers: int
    undone: bool


@dataclass(frozen=True, kw_only=True)
class ListImported(Happened):
    """A list of workers was imported; the fields count its rows by their outcome."""

    kind = "list.imported"
    roster_id: int
    accepted: int
    rejected: int
    created: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class ListUndone(Happened):
    """An import was taken back: the workers it created are removed, and changed ones restored."""

    kind = "list.undone"
    roster_id: int
    removed: int
    restored: int


@dataclass(frozen=True, kw_only=True)
class MonthBilled(Happened):
    """A month was billed; `office_id` is None when all offices were billed."""

    kind = "month.billed"
    month: date
    billed: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class ContributionsDue(Happened):
    """A reminder of a month went out for an office; `workers` owe it and pay it themselves."""

    kind = "contributions.due"
    month: date
    stage: str  # `before`, `due` or `after`
    due_on: date
    workers: int


@dataclass(frozen=True, kw_only=True)
class PaymentSettled(Happened):
    """The money of a payment arrived, and its receipt was issued."""

    kind = "payment.settled"
    reference: str
    channel: str
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Happened):
    """The whole sum of a settled payment went back."""

    kind = "payment.refunded"
    reference: str
    channel: str
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class DepositDeclared(Happened):
    """An agent declared a deposit of cash."""

    kind = "deposit.declared"
    deposit_id: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class DepositConfirmed(Happened):
    """A second person counted a deposit and found the same sum."""

    kind = "deposit.confirmed"
    deposit_id: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class DepositReturned(Happened):
    """A deposit went back to the agent, with a reason."""

    kind = "deposit.returned"
    deposit_id: int
    amount_idr: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class DepositWithdrawn(Happened):
    """An agent took a deposit back before anybody had decided about it."""

    kind = "deposit.withdrawn"
    deposit_id: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class MonthsConfirmed(Happened):
    """BPJS confirmed a batch; its contributions now count as paid."""

    kind = "months.confirmed"
    remittance_id: int
    contributions: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class StatementApproved(Happened):
    """A commission statement was approved."""

    kind = "statement.approved"
    statement_id: int
    month: date
    agent_idr: int
    office_idr: int


@dataclass(frozen=True, kw_only=True)
class StatementReturned(Happened):
    """A commission statement was returned for correction, with a reason."""

    kind = "statement.returned"
    statement_id: int
    month: date
    reason: str


KINDS: dict[str, type[Happened]] = {
    happened.kind: happened
    for happened in (
        WorkerEnrolled,
        WorkerRegistered,
        RegistrationRefused,
        MembershipEnded,
        MembershipResumed,
        WorkersHandedOver,
        ListImported,
        ListUndone,
        MonthBilled,
        ContributionsDue,
        PaymentSettled,
        PaymentRefunded,
        DepositDeclared,
        DepositConfirmed,
        DepositReturned,
        DepositWithdrawn,
        MonthsConfirmed,
        StatementApproved,
        StatementReturned,
    )
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One committed event; a repeated delivery has the same `id`."""

    id: int
    at: datetime
    actor_id: int | None  # the user who did it; None for jobs, gateways and payers
    what: Happened
