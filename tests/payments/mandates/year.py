"""A year of auto-debit with faults at random and killed workers, of any size.

The test runs a small one, and `./dev bench year` a large one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select, text

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
from agentsys.payments.mandates import rounds, stops
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.people.models import RoleName
from agentsys.plugins.cash import Cash
from agentsys.runtime import KEY
from tests.factories import invented_nik, make_agent, make_user, make_worker
from tests.payments.mandates.account import Account, DictDebit
from tests.payments.mandates.many import agreed_mandate

FIRST = date(2026, 1, 1)
MONTHS = 12
FIRST_BORN = date(1980, 1, 1)
DAYS = range(1, 29, 3)
SWEPT = 100  # payments that one run of the sweep asks about
BALANCES = (0, 10_000, 60_000, 200_000)


_BILL = text("""
INSERT INTO contributions (
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at
)
SELECT id, :month, office_id, agent_id, 'JKK+JKM', 'self', 'other', 10000, 6800, 0, 'PP 44/2015',
    now()
FROM workers WHERE id = ANY(:workers)
""")


# What `notices.open_all` does, for many workers at once.
_OPEN = text("""
UPDATE notices SET state = 'opened', counted_at = :now
WHERE worker_id = ANY(:workers) AND state IN ('prepared', 'handed_over')
""")


class Killed(BaseException):
    """The process dies here."""


class Unreliable(DictDebit):
    """Loses requests and answers, and kills its process, at random."""

    def __init__(self, chance: random.Random, mandates: int) -> None:
        """All is decided by this source of chance; each day kills a few processes, of any size."""
        super().__init__()
        self.chance = chance
        self.faults: Counter[str] = Counter()
        self.killing = min(5.0, 500 / mandates)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Debit the account, or not, and tell it, or not."""
        fate = self.chance.choices(
            ("fine", "lost before", "lost after", "killed before", "killed after"),
            (80, 4, 6, self.killing, self.killing),
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
    mandates: int
    workers: list[int] = field(default_factory=list)
    finance: int = 0
    collector: tuple[int, int] = (0, 0)  # agent and user
    killed: int = 0
    tell: Callable[[str], object] = print

    def begin(self) -> None:
        """Workers with a mandate each, on different days."""
        with transaction() as session:
            agent = make_agent(session)
            self.finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id).id
            assert agent.user_id is not None
            self.collector = agent.id, agent.user_id
            for number in range(self.mandates):
                vault = self.app.extensions[KEY].vault
                # A NIK ends with four digits: more workers than that need several birthdays.
                nik = invented_nik(number, born=FIRST_BORN + timedelta(days=number // 9_000))
                worker = make_worker(session, vault, agent=agent, enrolled_from=FIRST, nik=nik)
                handle = f"account-{number}"
                self.channel.accounts[handle] = Account(state=MandateState.ACTIVE)
                day = self.chance.randint(1, 28)
                agreed_mandate(session, worker, handle, self.channel, debit_day=day)
                self.workers.append(worker.id)

    def pass_by(self, now: time_machine.Coordinates) -> None:
        """Twelve months pass, and some hours in which what is unknown gets its end."""
        with self.app.app_context():
            self.begin()
        for number in range(MONTHS):
            month = add_months(FIRST, number)
            for day in DAYS:
                now.move_to(datetime(month.year, month.month, day, 2, tzinfo=UTC))
                with self.app.app_context():
                    if day == 1:
                        self.bill(month)
                    self.jobs()
                    self.live()
            self.tell(f"{month:%Y-%m}: {len(self.channel.calls)} debits, {self.killed} killed")
        with self.app.app_context():
            for _ in range(4):
                now.shift(timedelta(hours=3))
                self.jobs()

    def bill(self, month: date) -> None:
        """The month is billed."""
        values = {"month": month, "workers": self.workers}
        with transaction() as session:
            session.execute(text("SELECT ensure_contribution_partition(:month)"), values)
            session.execute(_BILL, values)

    def live(self) -> None:
        """Payers open notices, get and spend money, and some pay the agent in cash."""
        waiting = select(Notice.worker_id).where(Notice.state == NoticeState.PREPARED).distinct()
        with transaction() as session:
            workers = session.scalars(waiting.order_by(Notice.worker_id)).all()
            opening = [worker_id for worker_id in workers if self.chance.random() < 0.7]
            session.execute(_OPEN, {"workers": opening, "now": clock.now()})
        for account in self.channel.accounts.values():
            if self.chance.random() < 0.3:
                account.balance_idr = self.chance.choice(BALANCES)
        for _ in range(1 + self.mandates // 200):
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
        while sweep.recheck_silent(channels, limit=SWEPT).total() >= SWEPT:
            pass


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


def check(year: Year) -> Counter[DebitState]:
    """Assert what must hold after the year; how many debits ended in each state."""
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
    assert ends[DebitState.COLLECTED] > year.mandates
    assert year.killed > 0
    return ends
