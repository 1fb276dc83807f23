"""Permissions, and the table that assigns them to roles; `docs/permissions.md` shows it.

Code asks for a verb (`user.can(Permission.DEPOSIT_CONFIRM)`), never for a role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agentsys.people.roles import Reach as Reach  # noqa: PLC0414
from agentsys.people.roles import RoleName as RoleName  # noqa: PLC0414


class Permission(StrEnum):
    """One action that a user may be allowed. Those that end in `read` change nothing."""

    PORTFOLIO_READ = "portfolio.read"  # own workers and payments
    OWN_CASH_READ = "own_cash.read"  # own cash and deposits
    NIK_REVEAL = "nik.reveal"  # the whole number of an own worker; looking is recorded
    WORKER_ENROL = "worker.enrol"
    OWN_WORKER_CHANGE = "own_worker.change"  # as worker.change
    PAYMENT_COLLECT = "payment.collect"  # ask for money, give a pay link, cancel a request
    MANDATE_INVITE = "mandate.invite"  # invite to auto-debit, hand over its messages, note visits
    DEPOSIT_DECLARE = "deposit.declare"
    OWN_COMMISSION_READ = "own_commission.read"

    WORK_READ = "work.read"  # what waits for those who decide it
    WORK_TAKE = "work.take"  # hold it, or hand it over

    TEAM_READ = "team.read"
    TEAM_LEAD = "team.lead"  # follow up what agents of the team left undone
    ROSTER_READ = "roster.read"
    ROSTER_UPLOAD = "roster.upload"
    COMMISSION_READ = "commission.read"
    COMMISSION_APPROVE = "commission.approve"  # or return

    WORKER_READ = "worker.read"  # the page of any worker in reach, with what happened
    MEMBERSHIP_CHANGE = "membership.change"  # end it, or resume it
    WORKER_CHANGE = "worker.change"  # plain data at once; money and identity are proposed
    CHANGE_READ = "change.read"  # proposed changes
    CHANGE_APPROVE = "change.approve"  # or refuse
    REGISTRATION_RECORD = "registration.record"  # what BPJS says about a worker's registration
    HEIR_RECORD = "heir.record"  # of a worker, or remove one
    CLAIM_RECORD = "claim.record"  # how far a claim at BPJS is
    EARLIER_RECORD = "earlier.record"  # months paid elsewhere, or ask to take them back
    EARLIER_APPROVE = "earlier.approve"  # or refuse, as a second person

    # What a worker asks about personal data: record and answer it, give the copy, erase.
    DATA_REQUEST = "data.request"

    AGENT_PAPER_READ = "agent_paper.read"  # papers, steps and deadlines of agents
    AGENT_PAPER_RECORD = "agent_paper.record"
    HANDOVER_READ = "handover.read"
    HANDOVER_MAKE = "handover.make"  # of agents in reach; or undo it
    HANDOVER_ACCEPT = "handover.accept"  # take workers of another office over, or refuse them

    BPJS_ANSWER_READ = "bpjs_answer.read"
    BPJS_ANSWER_RECORD = "bpjs_answer.record"

    BILLING_READ = "billing.read"
    BILLING_RUN = "billing.run"
    DEPOSIT_READ = "deposit.read"
    DEPOSIT_CONFIRM = "deposit.confirm"  # or return
    REMITTANCE_READ = "remittance.read"
    REMITTANCE_MAKE = "remittance.make"
    REMITTANCE_CODE = "remittance.code"
    REMITTANCE_CONFIRM = "remittance.confirm"
    REMITTANCE_CANCEL = "remittance.cancel"  # ask for it, decide it, or keep the batch
    REMITTANCE_EXPORT = "remittance.export"  # the list for EPS, with whole NIKs
    CONTRIBUTION_HOLD = "contribution.hold"  # or release
    PAYMENT_READ = "payment.read"
    PAYMENT_ASK = "payment.ask"  # ask the provider again
    REFUND_READ = "refund.read"
    REFUND_PROPOSE = "refund.propose"
    REFUND_APPROVE = "refund.approve"  # or refuse
    PAYOUT_READ = "payout.read"
    PAYOUT_RECORD = "payout.record"
    OWN_FUNDS_RECORD = "own_funds.record"
    CALLBACK_READ = "callback.read"
    CALLBACK_PROCESS = "callback.process"
    CASE_READ = "case.read"
    CASE_CLOSE = "case.close"
    COMMISSION_RUN_READ = "commission_run.read"
    COMMISSION_COMPUTE = "commission.compute"
    DEBIT_READ = "debit.read"
    DEBIT_STOP = "debit.stop"  # or let debits be made again
    BOOKS_READ = "books.read"
    TRANSFER_READ = "transfer.read"
    TRANSFER_PROPOSE = "transfer.propose"
    TRANSFER_BOOK = "transfer.book"  # or refuse
    SUSPENSE_RECORD = "suspense.record"  # money that nobody explained yet
    SUSPENSE_EXPLAIN = "suspense.explain"

    TRAIL_READ = "trail.read"  # who did what, and who saw whole NIKs

    ESCALATION_SET = "escalation.set"  # after how many days late work goes one level higher

    USER_MANAGE = "user.manage"
    AGENT_MANAGE = "agent.manage"
    OFFICE_MANAGE = "office.manage"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.value.endswith(".read")


@dataclass(frozen=True)
class Rights:
    """The permissions of one role, and whose rows it sees."""

    reach: Reach
    permissions: frozenset[Permission]
    needs_office: bool = True  # without an office it would see nothing


_P = Permission
_TEAM = {
    _P.WORK_READ,
    _P.TEAM_READ,
    _P.ROSTER_READ,
    _P.COMMISSION_READ,
    _P.BPJS_ANSWER_READ,
    _P.CHANGE_READ,
    _P.WORKER_READ,
    _P.HANDOVER_READ,
    _P.AGENT_PAPER_READ,
}
_MONEY_READ = {
    _P.WORK_READ,
    _P.BILLING_READ,
    _P.BOOKS_READ,
    _P.BPJS_ANSWER_READ,
    _P.CALLBACK_READ,
    _P.CASE_READ,
    _P.COMMISSION_RUN_READ,
    _P.DEBIT_READ,
    _P.DEPOSIT_READ,
    _P.PAYMENT_READ,
    _P.PAYOUT_READ,
    _P.REFUND_READ,
    _P.REMITTANCE_READ,
    _P.TRANSFER_READ,
    _P.CHANGE_READ,
    _P.WORKER_READ,
}
_MEMBERS = {
    _P.MEMBERSHIP_CHANGE,
    _P.REGISTRATION_RECORD,
    _P.EARLIER_RECORD,
    _P.EARLIER_APPROVE,
    _P.HEIR_RECORD,
    _P.CLAIM_RECORD,
    _P.WORKER_CHANGE,
    _P.CHANGE_APPROVE,
    _P.BPJS_ANSWER_RECORD,
    _P.WORK_TAKE,
}
_MONEY = (
    _MONEY_READ
    | _MEMBERS
    | {
        _P.BILLING_RUN,
        _P.CALLBACK_PROCESS,
        _P.CASE_CLOSE,
        _P.COMMISSION_COMPUTE,
        _P.CONTRIBUTION_HOLD,
        _P.DEBIT_STOP,
        _P.DEPOSIT_CONFIRM,
        _P.OWN_FUNDS_RECORD,
        _P.PAYMENT_ASK,
        _P.PAYOUT_RECORD,
        _P.REFUND_APPROVE,
        _P.REFUND_PROPOSE,
        _P.REMITTANCE_CANCEL,
        _P.REMITTANCE_CODE,
        _P.REMITTANCE_CONFIRM,
        _P.REMITTANCE_EXPORT,
        _P.REMITTANCE_MAKE,
        _P.SUSPENSE_EXPLAIN,
        _P.SUSPENSE_RECORD,
        _P.TRANSFER_BOOK,
        _P.TRANSFER_PROPOSE,
    }
)

ROLES: Mapping[RoleName, Rights] = {
    RoleName.AGENT: Rights(
        Reach.OWN,
        frozenset(
            {
                _P.PORTFOLIO_READ,
                _P.OWN_CASH_READ,
                _P.NIK_REVEAL,
                _P.WORKER_ENROL,
                _P.OWN_WORKER_CHANGE,
                _P.HEIR_RECORD,
                _P.PAYMENT_COLLECT,
                _P.MANDATE_INVITE,
                _P.DEPOSIT_DECLARE,
                _P.OWN_COMMISSION_READ,
            }
        ),
    ),
    RoleName.SUPERVISOR: Rights(
        Reach.TEAM,
        frozenset(
            _TEAM
            | _MEMBERS
            | {
                _P.ROSTER_UPLOAD,
                _P.AGENT_PAPER_RECORD,
                _P.HANDOVER_ACCEPT,
                _P.HANDOVER_MAKE,
                _P.TEAM_LEAD,
                _P.COMMISSION_APPROVE,
                _P.DATA_REQUEST,
            }
        ),
    ),
    RoleName.FINANCE: Rights(Reach.OFFICE, frozenset(_MONEY)),
    RoleName.ADMIN: Rights(
        Reach.OFFICE,
        frozenset(
            _TEAM
            | _MONEY
            | {
                _P.ROSTER_UPLOAD,
                _P.AGENT_PAPER_RECORD,
                _P.HANDOVER_ACCEPT,
                _P.HANDOVER_MAKE,
                _P.DATA_REQUEST,
                _P.TRAIL_READ,
                _P.ESCALATION_SET,
                _P.USER_MANAGE,
                _P.AGENT_MANAGE,
                _P.OFFICE_MANAGE,
            }
        ),
        needs_office=False,
    ),
    RoleName.AUDITOR: Rights(
        Reach.OFFICE, frozenset(_TEAM | _MONEY_READ | {_P.TRAIL_READ}), needs_office=False
    ),
}

_ENDED = frozenset({_P.OWN_CASH_READ, _P.DEPOSIT_DECLARE, _P.OWN_COMMISSION_READ})
ENDED_AGENT = Rights(Reach.OWN, _ENDED)  # what is left of an agent's role after the end


class RoleHolder:
    """Somebody with roles: what they allow, and whose rows they show.

    A subclass has `role_names`, and the `id` and `office_id` with which rows are compared.
    """

    if TYPE_CHECKING:
        id: Any
        office_id: Any
        role_names: Any
        agent_ended: Any
    else:
        agent_ended = False

    def can(self, permission: Permission) -> bool:
        """Whether one of the roles holds the permission."""
        return any(permission in rights.permissions for rights in self._rights())

    def reach(self, permission: Permission | None = None) -> frozenset[Reach]:
        """Whose rows are seen: with all roles, or with those that have a permission."""
        return frozenset(
            rights.reach
            for rights in self._rights()
            if permission is None or permission in rights.permissions
        )

    @property
    def sees_all_offices(self) -> bool:
        """Whether somebody without an office sees every office, not none."""
        return self.office_id is None and any(not rights.needs_office for rights in self._rights())

    @property
    def only_in_the_field(self) -> bool:
        """Whether this is only an agent, who works on a phone."""
        return self.reach() == {Reach.OWN}

    def _rights(self) -> list[Rights]:
        return [
            ENDED_AGENT if name is RoleName.AGENT and self.agent_ended else ROLES[name]
            for name in self.role_names
        ]


def roles_with(permission: Permission) -> frozenset[RoleName]:
    """The roles that hold a permission."""
    return frozenset(name for name, rights in ROLES.items() if permission in rights.permissions)
