"""A year of auto-debit with faults at random and killed workers: each month is paid once at most.

AGENTSYS_YEAR_MANDATES and AGENTSYS_YEAR_SEED make it larger, or repeat one that failed:

    AGENTSYS_YEAR_MANDATES=10000 pytest tests/payments/mandates/test_virtual_year.py
"""

from __future__ import annotations

import os
import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.extension.contract import (
    ChannelUnavailable,
    MandateState,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.ledger import invariants
from agentsys.months import add_months
from agentsys.payments import provider_calls, sweep
from agentsys.payments.cash import collect
from agentsys.payments.debit_models import LIVE, Debit, DebitState, Notice, NoticeState
from agentsys.payments.mandates import notices, rounds, stops
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.people.models import RoleName
from agentsys.plugins.cash import Cash
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.payments.mandates.account import Account, DictDebit
from tests.payments.mandates.many import agreed_mandate

FIRST = date(2026, 1, 1)
MONTHS = 12
MANDATES = int(os.environ.get("AGENTSYS_YEAR_MANDATES", "6"))
SEED = int(os.environ.get("AGENTSYS_YEAR_SEED") or secrets.randbelow(10**6))
BALANCES = (0, 10_000, 60_000, 200_000)


class Killed(BaseException):
    """The process dies here."""


class Unreliable(DictDebit):
    """Loses requests and answers, and kills its process, at random."""

    def __init__(self, chance: random.Random) -> None:
        """All is decided by this source of chance."""
        super().__init__()
        self.chance = chance
        self.faults: Counter[str] = Counter()

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Debit the account, or not, and tell it, or not."""
        fate = self.chance.choices(
            ("fine", "lost before", "lost after", "killed before", "killed after"),
            (80, 4, 6, 5, 5),
        )[0]
        self.faults[fate] += 1
        if fate == "killed before":
            raise Killed
        if fate == "lost before":
            raise ChannelUnavailable("the request was lost")
        report = super().start(request)
        if fate == "killed after":
            raise Killed
        if fate == "lost after":
            raise ChannelUnavailable("the answer was lost")
        return report


@dataclass
class Year:
    """The workers, their accounts, and what happens to them."""

    app: Flask
    chance: random.Random
    channel: Unreliable
    workers: list[int] = field(default_factory=list)
    finance: int = 0
    collector: tuple[int, int] = (0, 0)  # agent and user
    killed: int = 0

    def begin(self) -> None:
        """Workers with a mandate each, on different days."""
        with transaction() as session:
            agent = make_agent(session)
            self.finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id).id
            assert agent.user_id is not None
            self.collector = agent.id, agent.user_id
            for number in range(MANDATES):
                vault = self.app.extensions[KEY].vault
                worker = make_worker(session, vault, agent=agent, enrolled_from=FIRST)
                handle = f"account-{number}"
                self.channel.accounts[handle] = Account(state=MandateState.ACTIVE)
                day = self.chance.randint(1, 28)
                agreed_mandate(session, worker, handle, self.channel, debit_day=day)
                self.workers.append(worker.id)

    def bill(self, month: date) -> None:
        """The month is billed."""
        with transaction() as session:
            for worker_id in self.workers:
                make_contribution(session, session.get_one(Worker, worker_id), month)

    def live(self) -> None:
        """Payers open notices, get and spend money, and some pay the agent in cash."""
        with transaction() as session:
            waiting = session.scalars(
                select(Notice.id).where(Notice.state == NoticeState.PREPARED).order_by(Notice.id)
            ).all()
            for notice_id in waiting:
                if self.chance.random() < 0.7:
                    notices.count(session, notice_id=notice_id, state=NoticeState.OPENED)
        for account in self.channel.accounts.values():
            if self.chance.random() < 0.3:
                account.balance_idr = self.chance.choice(BALANCES)
        if self.chance.random() < 0.2:
            self.pay_cash(self.chance.choice(self.workers))

    def pay_cash(self, worker_id: int) -> None:
        """The agent collects the oldest month, unless a debit of it is under way."""
        agent_id, user_id = self.collector
        oldest = select(func.min(Contribution.month)).where(
            Contribution.worker_id == worker_id, Contribution.payment_id.is_(None)
        )
        try:
            with transaction() as session:
                month = session.scalar(oldest)
                if month is not None:
                    collect(
                        session,
                        key=f"cash-{self.chance.getrandbits(64):x}",
                        channel=Cash(),
                        worker_id=worker_id,
                        months=[month],
                        actor_id=user_id,
                        agent_id=agent_id,
                    )
        except Refused:
            pass

    def jobs(self) -> None:
        """The jobs run once; some die on the way."""
        channels = {self.channel.name: self.channel}
        rounds.plan()
        try:
            rounds.make_debits(channels)
        except Killed:
            db.session.rollback()
            self.killed += 1
        with transaction() as session:
            if stops.on(session):
                stops.resume(session, actor_id=self.finance)
        while provider_calls.ask_next(channels):
            pass
        sweep.recheck_silent(channels)


def twice_paid() -> list[tuple[int, date]]:
    """Months that more than one settled payment is for."""
    rows = db.session.execute(
        select(PaymentMonth.worker_id, PaymentMonth.month)
        .join(Payment, Payment.id == PaymentMonth.payment_id)
        .where(Payment.state == PaymentState.SETTLED)
        .group_by(PaymentMonth.worker_id, PaymentMonth.month)
        .having(func.count() > 1)
    )
    return [(worker_id, month) for worker_id, month in rows]


def forgotten(year: Year) -> list[tuple[int, date]]:
    """Months of a worker in which nothing was planned, though something was owed."""
    planned = {(w, p) for w, p in db.session.execute(select(Debit.worker_id, Debit.period))}
    wanted = {(w, add_months(FIRST, n)) for w in year.workers for n in range(MONTHS)}
    cash = {
        (worker_id, month)
        for worker_id, month in db.session.execute(
            select(PaymentMonth.worker_id, PaymentMonth.month)
            .join(Payment, Payment.id == PaymentMonth.payment_id)
            .where(Payment.mandate_id.is_(None), Payment.state == PaymentState.SETTLED)
        )
    }
    return sorted(wanted - planned - cash)


def test_a_year_with_faults_pays_each_month_once_at_most(committed: Flask, capsys) -> None:
    with capsys.disabled():
        print(f"\nvirtual year: {MANDATES} mandates, seed {SEED}")
    chance = random.Random(SEED)
    year = Year(committed, chance, Unreliable(chance))
    with time_machine.travel(datetime(2026, 1, 1, 1, tzinfo=UTC), tick=False) as now:
        with committed.app_context():
            year.begin()
        for number in range(MONTHS):
            month = add_months(FIRST, number)
            for day in range(1, 29, 3):
                now.move_to(datetime(month.year, month.month, day, 2, tzinfo=UTC))
                with committed.app_context():
                    if day == 1:
                        year.bill(month)
                    year.jobs()
                    year.live()
        with committed.app_context():
            for _ in range(4):  # nothing is unknown for ever
                now.shift(timedelta(hours=3))
                year.jobs()
            _check(year)


def _check(year: Year) -> None:
    assert invariants.check(db.session()) == []
    assert twice_paid() == []
    assert forgotten(year) == []
    taken = {r for r, order in year.channel.orders.items() if order.state is PaymentState.SETTLED}
    booked = set(
        db.session.scalars(
            select(Payment.reference).where(
                Payment.mandate_id.is_not(None), Payment.state == PaymentState.SETTLED
            )
        )
    )
    assert taken == booked
    assert len(year.channel.calls) == len(set(year.channel.calls))
    left = db.session.scalars(
        select(Debit.id).where(Debit.state.in_(LIVE), Debit.last_on < clock.now().date())
    ).all()
    assert left == []
    ends = Counter(db.session.scalars(select(Debit.state)).all())
    assert ends[DebitState.COLLECTED] > MANDATES
    assert year.killed > 0
