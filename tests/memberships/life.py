"""An office whose members live: what happens to them, and what must hold whatever happened."""

from __future__ import annotations

import itertools
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.approval import Action, decide
from agentsys.commissions.models import Statement, StatementState
from agentsys.contributions import advance, arrears, billing
from agentsys.contributions.earlier import months_between
from agentsys.contributions.earlier_models import EarlierKind
from agentsys.crypto import Vault
from agentsys.errors import Refused
from agentsys.ledger import invariants
from agentsys.memberships import earlier
from agentsys.memberships.earlier import EarlierAction
from agentsys.months import add_months
from agentsys.payments.cash import DepositAction, collect, decide_deposit, declare_deposit
from agentsys.payments.deposit_moves import cash_of
from agentsys.people.models import Agent, RoleName, User
from agentsys.plugins.cash import Cash
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Verdict, confirm
from agentsys.remittances.results import ResultRow
from agentsys.workers.enrolment import NewWorker, enrol_worker
from agentsys.workers.models import Worker
from tests.commissions.builders import run
from tests.factories import invented_nik, make_agent, make_user
from tests.memberships.life_checks import check_cover, check_prices, check_rows

_numbers = itertools.count(1)


def next_number() -> int:
    """A number that no other person or batch of these tests has."""
    return next(_numbers)


@dataclass
class LivingOffice:
    """Two agents, people of the office, and what BPJS knows of the members.

    `at_bpjs` is a second account of the months that count, kept by hand, not read from the tables,
    and `prices` one of the open months.
    """

    session: Session
    vault: Vault
    agents: list[Agent]
    clerk: User
    second: User
    leader: User
    other_leader: User
    at_bpjs: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    prices: dict[tuple[int, date], int] = field(default_factory=dict)
    refused: int = 0

    @classmethod
    def build(cls, session: Session, vault: Vault) -> LivingOffice:
        """An office without members."""
        first = make_agent(session)
        both = [first, make_agent(session, office_id=first.office_id)]
        clerk, second = (
            make_user(session, RoleName.FINANCE, office_id=first.office_id) for _ in range(2)
        )
        leaders = [make_user(session, office_id=first.office_id) for _ in range(2)]
        return cls(session, vault, both, clerk, second, *leaders)

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Do it, or roll it back if it is refused."""
        nested = self.session.begin_nested()
        try:
            yield
        except Refused:
            nested.rollback()
            self.refused += 1
        else:
            nested.commit()

    def enrol(self, which: int) -> int:
        """One more member, from this month on."""
        agent = self.agents[which]
        return enrol_worker(
            self.session,
            vault=self.vault,
            data=NewWorker(
                nik=invented_nik(next_number()),
                name="Pekerja",
                income_idr=1_000_000,
                plain={"job": "Petani"},
            ),
            agent_id=agent.id,
            actor_id=agent.user_id,
            month=clock.this_month(),
        ).id

    def pay(self, worker_id: int, count: int) -> None:
        """The worker's agent takes cash for the oldest open months, or for coming ones."""
        agent_id = self.session.scalars(select(Worker.agent_id).where(Worker.id == worker_id)).one()
        if agent_id is None:
            return  # a record that was merged has none
        agent = self.session.get_one(Agent, agent_id)
        months = [row.month for row in arrears.open_months(self.session, worker_id=worker_id)]
        months += [
            row.month
            for row in advance.coming_months(self.session, worker_id=worker_id, count=count)
            if row.month not in months
        ]
        with self.unless_refused():
            billing.ensure_billed(self.session, worker_id=worker_id, months=months[:count])
            collect(
                self.session,
                key=secrets.token_hex(16),
                channel=Cash(),
                worker_id=worker_id,
                months=months[:count],
                actor_id=agent.user_id or 0,
                agent_id=agent.id,
            )

    def confirm_all(self) -> None:
        """Agents hand in their cash, and BPJS says PAID for all that it is for."""
        for agent in self.agents:
            held = sum(amount for _payment, amount in cash_of(self.session, agent.id))
            if held:
                self._hand_in(agent, held)
        with self.unless_refused():
            batch = make_batch(
                self.session, office_id=self.agents[0].office_id, actor_id=self.clerk.id
            )
            code = f"26{next_number():08d}"
            set_code(self.session, remittance_id=batch.id, kode_iuran=code, actor_id=self.clerk.id)
            row = ResultRow(1, code, True, "PAID", batch.amount_idr, f"NTPN{batch.id}")
            [result] = confirm(self.session, rows=[row], actor_id=self.clerk.id)
            assert result.verdict is Verdict.CONFIRMED, result
            for worker_id, month in self.session.execute(_IN_BATCH, {"batch": batch.id}):
                self.at_bpjs[worker_id].add(month)

    def _hand_in(self, agent: Agent, held: int) -> None:
        assert agent.user_id is not None
        deposit = declare_deposit(
            self.session,
            key=secrets.token_hex(16),
            agent_id=agent.id,
            actor_id=agent.user_id,
            evidence="Slip",
            counted_idr=held,
        )
        decide_deposit(
            self.session,
            deposit_id=deposit.id,
            action=DepositAction.CONFIRM,
            actor=self.clerk,
            counted_idr=held,
        )

    def paid_elsewhere(self, worker_id: int, back: int, count: int) -> int:
        """One records months that were paid elsewhere, another agrees; its id, 0 if refused."""
        first = add_months(clock.this_month(), -back)
        until = add_months(first, count)
        made = 0
        with self.unless_refused():
            made = earlier.propose(
                self.session,
                worker_id=worker_id,
                from_month=first,
                until_month=until,
                kind=EarlierKind.ELSEWHERE,
                evidence="JMO",
                actor=self.clerk,
            ).id
            earlier.decide_period(
                self.session, period_id=made, action=EarlierAction.APPROVE, actor=self.second
            )
            self.at_bpjs[worker_id] |= set(months_between(first, until))
        return made

    def take_back(self, period_id: int) -> None:
        """Two take back a record of such months."""
        with self.unless_refused():
            earlier.decide_period(
                self.session,
                period_id=period_id,
                action=EarlierAction.ASK_BACK,
                actor=self.clerk,
                reason="Salah orang",
            )
            earlier.decide_period(
                self.session, period_id=period_id, action=EarlierAction.APPROVE, actor=self.second
            )
            row = self.session.execute(_PERIOD, {"id": period_id}).one()
            self.at_bpjs[row.worker_id] -= set(months_between(row.from_month, row.until_month))

    def compute_and_approve(self) -> None:
        """Last month's commissions are computed, and approved as they are."""
        month = add_months(clock.this_month(), -1)
        run(self.session, month=month)
        waiting = self.session.scalars(
            select(Statement).where(Statement.state == StatementState.SUBMITTED)
        ).all()
        for statement in waiting:
            agent = self.session.get_one(Agent, statement.agent_id)
            assert agent.supervisor is not None
            with self.unless_refused():
                decide(
                    self.session,
                    statement_id=statement.id,
                    action=Action.APPROVE,
                    actor=agent.supervisor,
                    seen_hash=statement.lines_hash,
                )

    def check(self) -> None:
        """What holds after each step."""
        self.session.flush()
        check_rows(self.session)
        check_cover(self.session, self.at_bpjs)
        check_prices(self.session, self.prices)

    def check_books(self) -> None:
        """No invariant of the audit is broken."""
        self.session.flush()
        assert invariants.check(self.session) == []


_IN_BATCH = text("SELECT worker_id, month FROM contributions WHERE remittance_id = :batch")
_PERIOD = text("SELECT worker_id, from_month, until_month FROM earlier_periods WHERE id = :id")
