"""Deposits of the city's agents: weekly; one is late, one waits, and one was returned.

Some agents have begun to pay theirs to a bank's virtual account.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from agentsys.demo.city.collecting import BANKS, Collected, Handed, Paid, reference
from agentsys.demo.city.copying import copy_rows, next_id
from agentsys.demo.city.staff import Collector, Staff
from agentsys.demo.city.times import Times
from agentsys.payments.deposit_models import DepositState
from agentsys.people.models import Agent

EVERY = timedelta(days=7)
COUNTED_AFTER = timedelta(hours=18)
PAID_AFTER = timedelta(minutes=35)  # to a virtual account
BY_PROVIDER_FOR = 45  # days; before that, all cash was handed over at the office
SENT_BACK = "Uang yang dihitung kurang Rp20.000 dari catatan. Hitung ulang, lalu setor lagi."


def deposit(session: Session, found: Collected, *, staff: Staff, times: Times) -> list[Handed]:
    """Write the deposits, and link the cash payments to them."""
    settled = found.settled
    handed: list[Handed] = []
    cash: dict[int, list[Paid]] = defaultdict(list)
    for payment in settled:
        if payment.channel == "cash" and payment.agent_id is not None:
            cash[payment.agent_id].append(payment)
    for nth, agent in enumerate(staff.agents):
        theirs = sorted(cash[agent.id], key=lambda paid: (paid.settled_at, paid.id))
        if theirs:
            handed += _weekly(agent, nth, theirs, staff, times)
    _number(handed, settled, next_id(session, "deposits"))
    by_provider = [one for one in handed if one.channel]
    for number, one in enumerate(by_provider, max(paid.id for paid in found.payments) + 1):
        one.payment_id = number
        one.reference = reference(one.declared_at, random.Random(number))  # noqa: S311
    _limit(session, staff.agents[_LATE_ONE], settled)
    copy_rows(session, "deposits", _COLUMNS, map(_row, handed))
    return handed


# By place in the list of agents: Sari sends one back, the second waits, the third holds too much.
_SENT_BACK_ONE, _WAITING_ONE, _LATE_ONE = 0, 1, 2
_FEWEST_IN_THE_WAITING = 2  # payments


def _weekly(
    agent: Collector, nth: int, theirs: list[Paid], staff: Staff, times: Times
) -> Iterator[Handed]:
    finance = staff.finance[agent.office_id]
    since = {_LATE_ONE: 40, _WAITING_ONE: 9}.get(nth, 3 + nth % 4)
    last = times.ago(days=since, hours=2)
    if nth == _WAITING_ONE:
        last = min(last, _before_the_last(theirs, times.ago(hours=3)))
    rounds = [last]
    while rounds[-1] > (theirs[0].settled_at or times.now):
        rounds.append(rounds[-1] - EVERY)
    left = theirs
    sent_back: Handed | None = None
    for declared in reversed(rounds):
        mine, left = _split(left, declared)
        if not mine:
            continue
        bank = _bank(nth, declared, times)
        decided = declared + (PAID_AFTER if bank else COUNTED_AFTER)
        if nth == _SENT_BACK_ONE and declared < times.ago(days=8):
            sent_back = (
                _sent_back(agent, mine, finance, declared - timedelta(hours=26)) or sent_back
            )
        by = None if bank else finance
        handed = Handed(
            agent, _total(mine), DepositState.CONFIRMED, declared, decided, by, channel=bank
        )
        _assign(mine, handed)
        yield handed
    if sent_back is not None:
        yield sent_back
    if nth == _WAITING_ONE:
        mine, left = _split(left, times.ago(hours=3))
        if mine:
            yield _withdrawn(agent, mine, times)
            waiting = Handed(
                agent, _total(mine), DepositState.DECLARED, times.ago(hours=3), None, None
            )
            _assign(mine, waiting)
            yield waiting


def _bank(nth: int, declared: datetime, times: Times) -> str:
    """The bank to which the agent paid a deposit; empty for cash that finance counted."""
    pays = nth > _LATE_ONE and nth % 3 == 0
    return BANKS[nth % 2] if pays and declared > times.ago(days=BY_PROVIDER_FOR) else ""


def _before_the_last(theirs: list[Paid], until: datetime) -> datetime:
    """A time before the newest cash payments, so that there is money for the next deposit."""
    newest = [paid.settled_at for paid in theirs if paid.settled_at and paid.settled_at <= until]
    return min(newest[-_FEWEST_IN_THE_WAITING:], default=until) - timedelta(minutes=1)


def _sent_back(
    agent: Collector, mine: list[Paid], finance: int, declared: datetime
) -> Handed | None:
    """A deposit that finance returned; its cash is in the next deposit."""
    early, _ = _split(mine, declared)
    if not early:
        return None
    return Handed(
        agent,
        _total(early),
        DepositState.RETURNED,
        declared,
        declared + timedelta(hours=4),
        finance,
        SENT_BACK,
    )


def _withdrawn(agent: Collector, mine: list[Paid], times: Times) -> Handed:
    """A deposit that the agent withdrew because of a wrong slip number, and declared again."""
    return Handed(
        agent,
        _total(mine),
        DepositState.WITHDRAWN,
        times.ago(hours=5),
        times.ago(hours=4),
        agent.user_id,
    )


def _split(payments: list[Paid], until: datetime) -> tuple[list[Paid], list[Paid]]:
    before = [p for p in payments if p.settled_at is not None and p.settled_at <= until]
    return before, payments[len(before) :]


def _total(payments: list[Paid]) -> int:
    return sum(payment.amount_idr for payment in payments)


def _assign(payments: list[Paid], handed: Handed) -> None:
    for payment in payments:
        payment.handed = handed


def _number(handed: list[Handed], settled: list[Paid], first: int) -> None:
    """Give the deposits their ids in the order of time."""
    handed.sort(key=lambda one: (one.declared_at, one.agent.id))
    for number, one in enumerate(handed, first):
        one.id = number
    for payment in settled:
        if payment.handed is not None:
            payment.deposit_id = payment.handed.id
            if not payment.handed.channel:
                payment.banked_at = payment.handed.decided_at


def _limit(session: Session, agent: Collector, settled: list[Paid]) -> None:
    """Set the ceiling of the agent who holds cash too long below what he or she holds."""
    held = _total(
        [
            payment
            for payment in settled
            if payment.agent_id == agent.id
            and payment.channel == "cash"
            and payment.deposit_id is None
        ]
    )
    ceiling = min(2_000_000, max(50_000, held * 4 // 5 // 50_000 * 50_000))
    session.execute(update(Agent).where(Agent.id == agent.id).values(cash_ceiling_idr=ceiling))


_COLUMNS = (
    "id", "key", "agent_id", "office_id", "amount_idr", "state", "evidence", "declared_by",
    "declared_at", "decided_by", "decided_at", "reason", "channel",
)  # fmt: skip


def _row(one: Handed) -> tuple[object, ...]:
    return (
        one.id,
        f"demo-deposit-{one.id}",
        one.agent.id,
        one.agent.office_id,
        one.amount_idr,
        one.state.value,
        one.reference or f"Slip bank {one.declared_at:%y%m%d}-{one.id:04d}",
        one.agent.user_id,
        one.declared_at,
        one.decided_by,
        one.decided_at,
        one.reason,
        one.channel,
    )
