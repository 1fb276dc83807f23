"""What the history keeps of debits and of messages to payers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from agentsys.demo.city.agreeing import Agreed
from agentsys.demo.city.collecting import Due, Paid
from agentsys.extension.contract import Decline
from agentsys.payments.debit_models import DebitState, NoticeKind, NoticeState


@dataclass(slots=True)
class Told:
    """One message to a payer."""

    kind: NoticeKind
    mandate: Agreed
    prepared_at: datetime
    amount_idr: int = 0
    debit_on: date | None = None
    state: NoticeState = NoticeState.PREPARED
    handed_over_at: datetime | None = None
    counted_at: datetime | None = None
    id: int = 0


@dataclass(slots=True)
class Try:
    """One try of a debit; no decline: it was paid, or its answer is lost."""

    payment: Paid
    notice: Told
    decline: Decline | None = None


@dataclass(slots=True)
class Debited:
    """One debit: what a mandate was to pay in one calendar month."""

    mandate: Agreed
    period: date
    dues: list[Due]
    first_on: date
    due_on: date
    last_on: date
    state: DebitState = DebitState.PLANNED
    why: str = ""
    decline: Decline | None = None
    look_at: datetime | None = None
    ended_at: datetime | None = None
    visited_at: datetime | None = None
    visit_note: str = ""
    is_left: bool = False  # for whoever tries the city: nobody visited the worker
    tries: list[Try] = field(default_factory=list)
    notices: list[Told] = field(default_factory=list)
    # The days on whose list it was, each with why it was not tried, or nothing if it was.
    listed: dict[date, str] = field(default_factory=dict)
    id: int = 0

    @property
    def amount_idr(self) -> int:
        """The sum that is debited."""
        return sum(due.price.amount_idr for due in self.dues)
