"""Slips of deposits that an earlier deposit has named already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from agentsys.many import among
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.people.models import Agent

_SHORTEST = 6  # of a slip's key; shorter ones, and names of people, may be used again
_FOUR_DIGITS = "[0-9].*[0-9].*[0-9].*[0-9]"


@dataclass(frozen=True, kw_only=True)
class UsedBefore:
    """The earlier deposit that names the same slip."""

    deposit_id: int
    agent_name: str
    amount_idr: int
    declared_at: datetime


def used_before(session: Session, deposit_ids: Collection[int]) -> Mapping[int, UsedBefore]:
    """By the ids of waiting deposits: the newest earlier one with the same slip.

    Slips are compared without case, blanks and marks. A returned or withdrawn one frees its own.
    """
    if not deposit_ids:
        return {}
    earlier = aliased(Deposit)
    rows = session.execute(
        select(
            Deposit.id.label("waiting_id"),
            earlier.id.label("deposit_id"),
            Agent.name.label("agent_name"),
            (earlier.amount_idr - earlier.short_idr).label("amount_idr"),
            earlier.declared_at,
        )
        .join(
            earlier,
            (func.ref_key(earlier.evidence) == func.ref_key(Deposit.evidence))
            & (earlier.id < Deposit.id),
        )
        .join(Agent, Agent.id == earlier.agent_id)
        .where(
            among(Deposit.id, deposit_ids),
            Deposit.state == DepositState.DECLARED,
            Deposit.channel == "",
            earlier.channel == "",
            earlier.state.in_((DepositState.DECLARED, DepositState.CONFIRMED)),
            func.length(func.ref_key(Deposit.evidence)) >= _SHORTEST,
            Deposit.evidence.regexp_match(_FOUR_DIGITS),
        )
        .order_by(Deposit.id, earlier.id)
    )
    found = {}
    for row in rows:
        values = dict(row._mapping)
        waiting_id = values.pop("waiting_id")
        found[waiting_id] = UsedBefore(**values)
    return found
