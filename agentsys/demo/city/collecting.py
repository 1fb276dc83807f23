"""The contributions and payments of the city's workers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from agentsys.contributions.tariff import Price
from agentsys.demo.city.copying import readable
from agentsys.demo.city.habits import Habit, instalments
from agentsys.demo.city.pricing import price_of
from agentsys.demo.city.residents import CHANNELS, Resident
from agentsys.demo.city.staff import Collector
from agentsys.demo.city.times import Times, moment
from agentsys.extension.contract import Custody, PaymentState
from agentsys.months import months_between
from agentsys.payments.deposit_models import DepositState

SPONSOR = "bank_transfer"  # the city pays a bill for many workers at once
DEBIT = "gopay_debit"
FORMER = "linkaja"  # its plugin is not installed any more; its payments stay readable
BANKS = ("bca_va", "bri_va")  # of agents who pay their deposits to a virtual account
CLEARING = dict.fromkeys((*CHANNELS, DEBIT, *BANKS), "midtrans") | {"cash": "cash"}
NO_BALANCE = "Saldo dompet tidak cukup"
SPONSOR_PAYS = (20, 10 * 60)  # day and minute


@dataclass(slots=True)
class Handed:
    """One deposit of an agent's cash."""

    agent: Collector
    amount_idr: int
    state: DepositState
    declared_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    reason: str = ""
    id: int = 0
    channel: str = ""  # of a deposit that the agent paid to a provider
    payment_id: int = 0
    reference: str = ""
    banked_at: datetime | None = None  # when the provider had paid it out


@dataclass(slots=True)
class Due:
    """One worker's contribution of one month, and its progress."""

    person: Resident
    month: date
    price: Price
    billed_at: datetime
    payment: Paid | None = None
    bill_id: int | None = None  # of a sponsor
    remittance_id: int | None = None
    confirmed_at: datetime | None = None


@dataclass(slots=True)
class Paid:
    """One payment, or an attempt; `banked_at` is when its money reached the bank account."""

    person: Resident
    channel: str
    created_at: datetime
    settled_at: datetime | None
    dues: list[Due]
    agent_id: int | None
    user_id: int | None
    state: PaymentState = PaymentState.SETTLED
    reason: str = ""
    id: int = 0
    reference: str = ""
    handed: Handed | None = None
    deposit_id: int | None = None
    banked_at: datetime | None = None
    mandate_id: int | None = None  # of a debit
    key: str = ""
    bill_id: int | None = None  # of a sponsor, who pays for many workers

    @property
    def amount_idr(self) -> int:
        """The requested amount."""
        return sum(due.price.amount_idr for due in self.dues)

    @property
    def custody(self) -> Custody:
        """Who holds the money first."""
        if self.channel == SPONSOR:
            return Custody.BANK
        return Custody.AGENT if self.channel == "cash" else Custody.PROVIDER

    @property
    def clearing(self) -> str:
        """Who holds it until it is paid out."""
        return CLEARING.get(self.channel, self.channel)


@dataclass
class Collected:
    """Everything that was billed and paid; payments in the order of time, attempts among them."""

    dues: list[Due] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    deposits: list[Handed] = field(default_factory=list)

    @property
    def settled(self) -> list[Paid]:
        """The payments that brought money."""
        return [payment for payment in self.payments if payment.settled_at is not None]


class Debits(Protocol):
    """Makes the debits of workers who agreed to auto-debit."""

    def left_to_habit(self, person: Resident, months: list[date]) -> list[date]:
        """Those of the worker's months that are not debited."""

    def live(
        self,
        person: Resident,
        dues: dict[date, Due],
        collect: Callable[[datetime, list[Due]], object],
    ) -> list[Paid]:
        """The tries of a worker's debits; `collect` takes cash for what could not be debited."""


def collect(
    people: list[Resident],
    *,
    debits: Debits,
    times: Times,
    paid_to: int,
    first_id: int,
    rng: random.Random,
) -> Collected:
    """Bill every worker for every month, and let each pay by mandate, or by his or her habit."""
    found = Collected()
    round_ = _Round(times, rng, found, debits, paid_to)
    for person in people:
        round_.visit(person)
    found.payments.sort(key=lambda paid: (paid.created_at, paid.person.id))
    for number, paid in enumerate(found.payments, first_id):
        paid.id = number
        paid.reference = reference(paid.created_at, rng)
    return found


def reference(at: datetime, rng: random.Random) -> str:
    """A payment's reference, in the app's format."""
    return f"AG{at:%y%m%d}-{readable(rng.getrandbits(70), 14)}"


@dataclass
class _Round:
    """Bills one worker after the other, and records their payments."""

    times: Times
    rng: random.Random
    found: Collected
    debits: Debits
    paid_to: int  # the user who records what the city transfers
    by_the_city: dict[date, Paid] = field(default_factory=dict)

    def visit(self, person: Resident) -> None:
        """Bill one worker for all months, and record his or her payments."""
        dues = {
            month: _due(person, month, self.times.billed_at(month))
            for month in self.times.months
            if person.from_month <= month
            and (person.until_month is None or month < person.until_month)
        }
        if person.habit is Habit.SPONSORED:
            self._sponsor(person, dues)
        else:
            months = self.debits.left_to_habit(person, list(dues))
            if person.habit is Habit.LATE:
                self._fail(person, dues)
            for at, chosen in instalments(person.habit, months, person.day, self.times, self.rng):
                self._instalment(person, at, chosen, dues)
            self.found.payments += self.debits.live(person, dues, partial(self._visit, person))
        self.found.dues.extend(dues[month] for month in sorted(dues))

    def _sponsor(self, person: Resident, dues: dict[date, Due]) -> None:
        """The city pays on a fixed day of each month; this month's money has not come yet."""
        for month, due in dues.items():
            at = max(moment(month, *SPONSOR_PAYS), person.created_at + timedelta(hours=3))
            if month == self.times.this_month or at >= self.times.now:
                continue
            paid = self.by_the_city.get(month)
            if paid is None:
                paid = Paid(
                    person=person,
                    channel=SPONSOR,
                    created_at=at,
                    settled_at=at,
                    dues=[],
                    agent_id=None,
                    user_id=self.paid_to,
                    banked_at=at,
                )
                self.by_the_city[month] = paid
                self.found.payments.append(paid)
            paid.dues.append(due)
            due.payment = paid
            due.billed_at = min(due.billed_at, paid.created_at)

    def _visit(self, person: Resident, at: datetime, asked: list[Due]) -> None:
        """The agent takes cash for what could not be debited."""
        self._pay(person, at, "cash", asked)

    def _fail(self, person: Resident, dues: dict[date, Due]) -> None:
        """An attempt that failed, of a wallet that was offered before, of some who pay late."""
        for month, due in dues.items():
            at = max(moment(month, 5, 6 * 60), person.created_at)
            if at < self.times.now and self.rng.random() < 0.12:
                self._attempt(person, at, FORMER, [due], (PaymentState.FAILED, NO_BALANCE))

    def _instalment(
        self, person: Resident, at: datetime, chosen: list[date], dues: dict[date, Due]
    ) -> None:
        at = max(at, person.created_at + timedelta(minutes=10))
        if at >= self.times.now:
            return
        for month in chosen:
            if month not in dues:  # paid in advance, so billed at that moment
                dues[month] = _due(person, month, at)
        rng, channel = self.rng, person.channel
        if rng.random() < 0.08:
            channel = rng.choices(tuple(CHANNELS), tuple(CHANNELS.values()))[0]
        asked = [dues[month] for month in chosen]
        if channel != "cash" and rng.random() < 0.04:
            before = max(at - timedelta(hours=20), person.created_at)
            late = (PaymentState.EXPIRED, "Waktu pembayaran habis")
            self._attempt(person, before, channel, asked, late)
        self._pay(person, at, channel, asked)

    def _pay(self, person: Resident, at: datetime, channel: str, asked: list[Due]) -> None:
        agent = person.agent_at(at)
        wait = timedelta(seconds=0 if channel == "cash" else self.rng.randrange(20, 500))
        paid = Paid(
            person=person,
            channel=channel,
            created_at=at - wait,
            settled_at=at,
            dues=asked,
            agent_id=agent.id if agent else None,
            user_id=agent.user_id if agent else None,
        )
        for due in asked:
            due.payment = paid
            due.billed_at = min(due.billed_at, paid.created_at)
        self.found.payments.append(paid)

    def _attempt(
        self,
        person: Resident,
        at: datetime,
        channel: str,
        asked: list[Due],
        ended: tuple[PaymentState, str],
    ) -> None:
        """A payment that was not completed."""
        agent = person.agent
        self.found.payments.append(
            Paid(
                person=person,
                channel=channel,
                created_at=at,
                settled_at=None,
                dues=asked,
                agent_id=agent.id if agent else None,
                user_id=agent.user_id if agent else None,
                state=ended[0],
                reason=ended[1],
            )
        )


def _due(person: Resident, month: date, at: datetime) -> Due:
    return Due(person, month, price_of(person, month), max(at, person.created_at))


def all_months(collected: Collected) -> list[date]:
    """All months with contributions, without gaps."""
    months = [due.month for due in collected.dues]
    return list(months_between(min(months), max(months)))
