"""Permissions, and the table that assigns them to roles; `docs/permissions.md` shows it.

Code asks for a verb (`user.can(Permission.DEPOSIT_CONFIRM)`), never for a role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentsys.people.permission import Permission as Permission  # noqa: PLC0414
from agentsys.people.roles import Reach as Reach  # noqa: PLC0414
from agentsys.people.roles import RoleName as RoleName  # noqa: PLC0414


@dataclass(frozen=True)
class Rights:
    """The permissions of one role, and whose rows it sees."""

    reach: Reach
    permissions: frozenset[Permission]
    needs_office: bool = True  # without an office it would see nothing


_P = Permission
_TEAM = {
    _P.SPONSOR_READ,
    _P.WORK_READ,
    _P.TEAM_READ,
    _P.ROSTER_READ,
    _P.COMMISSION_READ,
    _P.DELEGATE_READ,
    _P.BPJS_ANSWER_READ,
    _P.CHANGE_READ,
    _P.DUPLICATE_READ,
    _P.WORKER_READ,
    _P.REPORT_READ,
    _P.REVERSAL_READ,
    _P.HANDOVER_READ,
    _P.AGENT_PAPER_READ,
    _P.AGENT_ACCOUNT_READ,
}
_MONEY_READ = {
    _P.SPONSOR_READ,
    _P.AGENT_ACCOUNT_READ,
    _P.BANK_STATEMENT_READ,
    _P.WORK_READ,
    _P.BILLING_READ,
    _P.BOOKS_READ,
    _P.BPJS_ANSWER_READ,
    _P.CALLBACK_READ,
    _P.CASE_READ,
    _P.COMMISSION_PAY_READ,
    _P.COMMISSION_RUN_READ,
    _P.COMMISSION_TERMS_READ,
    _P.DEBIT_READ,
    _P.DEPOSIT_READ,
    _P.PAYMENT_READ,
    _P.PAYOUT_READ,
    _P.REFUND_READ,
    _P.TARIFF_READ,
    _P.REMITTANCE_READ,
    _P.REPORT_READ,
    _P.REVERSAL_READ,
    _P.TRANSFER_READ,
    _P.CHANGE_READ,
    _P.DUPLICATE_READ,
    _P.ROSTER_READ,
    _P.WORKER_READ,
}
_MEMBERS = {
    _P.ROSTER_APPROVE,
    _P.MEMBERSHIP_CHANGE,
    _P.REGISTRATION_RECORD,
    _P.EARLIER_RECORD,
    _P.EARLIER_APPROVE,
    _P.HEIR_RECORD,
    _P.CLAIM_RECORD,
    _P.WORKER_CHANGE,
    _P.CHANGE_APPROVE,
    _P.DUPLICATE_DECIDE,
    _P.MERGE_APPROVE,
    _P.BPJS_ANSWER_RECORD,
    _P.WORK_TAKE,
}
_MONEY = (
    _MONEY_READ
    | _MEMBERS
    | {
        _P.AGENT_ACCOUNT_APPROVE,
        _P.AGREEMENT_APPROVE,
        _P.BANK_STATEMENT_MATCH,
        _P.BANK_STATEMENT_UPLOAD,
        _P.BILL_SEND,
        _P.SPONSOR_PAYMENT_CONFIRM,
        _P.SPONSOR_PAYMENT_RECORD,
        _P.SPONSOR_RECORD,
        _P.BILLING_RUN,
        _P.CALLBACK_PROCESS,
        _P.CASE_CLOSE,
        _P.COMMISSION_APPROVE_SECOND,
        _P.COMMISSION_COMPUTE,
        _P.COMMISSION_DECIDE,
        _P.COMMISSION_READ,
        _P.COMMISSION_PAY_APPROVE,
        _P.COMMISSION_PAY_PREPARE,
        _P.COMMISSION_PAY_SEND,
        _P.COMMISSION_TERMS_APPROVE,
        _P.COMMISSION_TERMS_PROPOSE,
        _P.CONTRIBUTION_HOLD,
        _P.CORRECTION_APPROVE,
        _P.CORRECTION_PROPOSE,
        _P.DEBIT_STOP,
        _P.DEPOSIT_CONFIRM,
        _P.MONTH_CLOSE,
        _P.MONTH_REOPEN,
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
        _P.REPORT_PUBLISH,
        _P.REPORT_TARGET,
        _P.REVERSAL_APPROVE,
        _P.REVERSAL_PROPOSE,
        _P.ROSTER_HANDLE,
        _P.SUSPENSE_EXPLAIN,
        _P.SUSPENSE_RECORD,
        _P.TARIFF_RELEASE,
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
                _P.REVERSAL_PROPOSE,
                _P.MANDATE_INVITE,
                _P.DEPOSIT_DECLARE,
                _P.OWN_COMMISSION_READ,
                _P.OWN_ACCOUNT_READ,
                _P.OWN_ACCOUNT_CHANGE,
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
                _P.ROSTER_HANDLE,
                _P.AGENT_PAPER_RECORD,
                _P.AGENT_ACCOUNT_GIVE,
                _P.SUBSTITUTE_SET,
                _P.HANDOVER_ACCEPT,
                _P.HANDOVER_MAKE,
                _P.TEAM_LEAD,
                _P.COMMISSION_APPROVE,
                _P.COMMISSION_DECIDE,
                _P.DELEGATE_SET,
                _P.REVERSAL_APPROVE,
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
                _P.AGENT_ACCOUNT_GIVE,
                _P.SUBSTITUTE_SET,
                _P.HANDOVER_ACCEPT,
                _P.HANDOVER_MAKE,
                _P.DATA_REQUEST,
                _P.DELEGATE_SET,
                _P.COMMISSION_APPROVE_LAST,
                _P.SHORTAGE_APPROVE,
                _P.TRAIL_READ,
                _P.ESCALATION_SET,
                _P.TARIFF_PROPOSE,
                _P.HOLIDAY_SET,
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

# Commission of earlier months may still be owed, and goes to the agent's bank account.
_ENDED = frozenset(
    {
        _P.OWN_CASH_READ,
        _P.DEPOSIT_DECLARE,
        _P.OWN_COMMISSION_READ,
        _P.OWN_ACCOUNT_READ,
        _P.OWN_ACCOUNT_CHANGE,
    }
)
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
