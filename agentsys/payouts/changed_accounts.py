"""Agents with another bank account than at their last payout: approvals look there first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from agentsys.commissions import statement_list
from agentsys.commissions.models import Statement
from agentsys.commissions.statements import StatementRow
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.payouts.models import LineState, PayoutLine
from agentsys.people.models import Agent, User

_PAID = (LineState.SENT, LineState.SUCCEEDED)


@dataclass(frozen=True, kw_only=True)
class AccountChange:
    """The account of the last payout, the newest approved one, and the first day of that one."""

    old: str
    new: str
    on: date | None


def changed(agent_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the newest approved account of an agent is another one than at the last payout."""
    # Without any payout there is nothing to compare with, and the condition is false.
    return func.coalesce(_last_paid(agent_id) != _newest(agent_id), False)


def approval_list(session: Session, user: User, asked: ListRequest) -> Page[StatementRow]:
    """The statements of one tab, those of agents with another account first among the waiting."""
    return statement_list.statement_list(session, user, asked, first=changed(Statement.agent_id))


def changes_of(session: Session, agent_ids: Collection[int]) -> Mapping[int, AccountChange]:
    """The changes of these agents, with masked numbers; agents without one are left out."""
    old, new = aliased(AgentAccount), aliased(AgentAccount)
    rows = session.execute(
        select(Agent.id, old.bank, old.number_masked, new.bank, new.number_masked, new.in_force_on)
        .select_from(Agent)
        .join(old, old.id == _last_paid(Agent.id))
        .join(new, new.id == _newest(Agent.id))
        .where(Agent.id.in_(agent_ids), old.id != new.id)
    )
    return {
        agent_id: AccountChange(
            old=f"{old_bank} {old_number}", new=f"{new_bank} {new_number}", on=in_force_on
        )
        for agent_id, old_bank, old_number, new_bank, new_number, in_force_on in rows
    }


def _last_paid(agent_id: InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    return (
        select(PayoutLine.account_id)
        .where(PayoutLine.agent_id == agent_id, PayoutLine.state.in_(_PAID))
        .order_by(PayoutLine.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def _newest(agent_id: InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    return (
        select(AgentAccount.id)
        .where(AgentAccount.agent_id == agent_id, AgentAccount.state == AgentAccountState.APPROVED)
        .order_by(AgentAccount.in_force_on.desc(), AgentAccount.id.desc())
        .limit(1)
        .scalar_subquery()
    )
