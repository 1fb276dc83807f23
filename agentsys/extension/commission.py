"""What a commission rule is given, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from agentsys.extension.commission_rules import Rates
from agentsys.messages import Message


class Beneficiary(StrEnum):
    """Who earns a commission line."""

    AGENT = "agent"
    OFFICE = "office"


@dataclass(frozen=True, kw_only=True)
class ConfirmedContribution:
    """A contribution that BPJS confirmed; `month_number` counts from 1 under this agent."""

    worker_id: int
    month: date
    amount_idr: int
    programmes: frozenset[str]
    month_number: int
    new_to_bpu: bool
    funding: str


@dataclass(frozen=True, kw_only=True)
class AgentMonth:
    """What a commission rule may use: one agent's contributions confirmed in one month."""

    agent_id: int
    office_id: int
    month: date
    contributions: Sequence[ConfirmedContribution]
    rates: Mapping[str, Rates | None] = field(default_factory=dict)  # by rule; None: switched off

    @property
    def new_workers(self) -> list[ConfirmedContribution]:
        """First contributions of workers whose NIK was never registered as BPU before."""
        return [c for c in self.contributions if c.month_number == 1 and c.new_to_bpu]


@dataclass(frozen=True, kw_only=True)
class CommissionLine:
    """One amount that a rule grants, for a worker's contribution or for the whole month."""

    rule: str  # the rule and its decree, such as "perisai_2022.collection"
    version: str  # the decree that fixed the rate
    beneficiary: Beneficiary
    amount_idr: int
    reason: Message
    worker_id: int | None = None
    month: date | None = None  # the contribution month, when the line is about one contribution
