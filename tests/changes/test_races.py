"""Two people who change one worker, and a change while the worker pays, with real commits."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.changes import deciding
from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.changes.plain import change
from agentsys.changes.queries import current
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.ledger import invariants
from agentsys.memberships.ending import end
from agentsys.payments.cash import collect
from agentsys.people.models import User
from agentsys.plugins.cash import Cash
from agentsys.runtime import KEY
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Worker
from tests.changes.steps import NOVEMBER, proposed
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.payments.races import at_once

DEARER_IDR = 2_800_000  # of income


@dataclass
class Case:
    """A committed worker who owes November, and two people of the office."""

    vault: Vault
    worker_id: int
    agent_id: int
    agents_user_id: int
    clerk_id: int
    boss_id: int


@pytest.fixture
def case(committed: Flask) -> Case:
    vault = committed.extensions[KEY].vault
    with committed.app_context(), transaction() as session:
        agent = make_agent(session)
        worker = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 9, 1))
        make_contribution(session, worker, NOVEMBER)
        clerk, boss = (make_user(session, office_id=worker.office_id) for _ in range(2))
        assert agent.user_id is not None
        return Case(vault, worker.id, agent.id, agent.user_id, clerk.id, boss.id)


def test_of_people_who_edit_one_form_at_once_one_is_told_that_it_changed(
    committed: Flask, case: Case
) -> None:
    with committed.app_context():
        seen = current(db.session(), worker_id=case.worker_id).version

    def edit(session: Session) -> str:
        change(
            session,
            vault=case.vault,
            worker_id=case.worker_id,
            values={"phone": f"0812000{threading.get_ident() % 10_000:05d}"},
            version=seen,
            reason="Nomor baru",
            actor_id=case.clerk_id,
        )
        return "changed"

    outcomes = at_once(committed, edit, 4)

    assert outcomes["changed"] == 1
    assert sum(outcomes.values()) - 1 == outcomes["Conflict"] == 3


def test_of_people_who_propose_at_once_one_is_told_of_the_other(
    committed: Flask, case: Case
) -> None:
    with committed.app_context():
        worker = db.session.get_one(Worker, case.worker_id)
        clerk = db.session.get_one(User, case.clerk_id)

    def propose(session: Session) -> str:
        proposed(session, case.vault, worker, clerk, income_idr=DEARER_IDR)
        return "proposed"

    assert at_once(committed, propose, 4) == {"proposed": 1, "Conflict": 3}


def test_a_proposal_that_is_approved_and_refused_at_once_gets_one_answer(
    committed: Flask, case: Case
) -> None:
    change_id, seen = _propose(committed, case)

    def decide(session: Session) -> str:
        if threading.get_ident() % 2:
            deciding.refuse(session, change_id=change_id, note="Tidak", actor_id=case.boss_id)
        else:
            _approve(session, case, change_id, seen)
        return "decided"

    outcomes = at_once(committed, decide, 4)

    assert outcomes["decided"] == 1
    with committed.app_context():
        found = db.session.get_one(WorkerChange, change_id)
        assert found.state in (ChangeState.APPROVED, ChangeState.REFUSED)
        assert invariants.check(db.session()) == []


def test_a_month_is_paid_at_the_price_that_it_has_or_gets_the_new_one_unpaid(
    committed: Flask, case: Case
) -> None:
    change_id, seen = _propose(committed, case)
    with committed.app_context():
        before = _bill(case).amount_idr
    paid: list[int] = []

    def pay() -> None:
        with committed.app_context(), transaction() as session:
            payment = collect(
                session,
                key="k" * 32,
                channel=Cash(),
                worker_id=case.worker_id,
                months=[NOVEMBER],
                actor_id=case.agents_user_id,
                agent_id=case.agent_id,
            )
            paid.append(payment.amount_idr)

    payer = threading.Thread(target=pay)
    payer.start()
    try:
        with committed.app_context(), transaction() as session:
            _approve(session, case, change_id, seen)
    except Refused:
        pass  # it was paid first, so the effect that was shown is not the effect now
    payer.join(20)

    with committed.app_context():
        bill = _bill(case)
        state = db.session.get_one(WorkerChange, change_id).state
        assert paid == [bill.amount_idr]
        assert (bill.amount_idr != before) is (state is ChangeState.APPROVED)
        assert invariants.check(db.session()) == []


def test_a_death_and_a_change_at_once_leave_no_open_month(committed: Flask, case: Case) -> None:
    change_id, seen = _propose(committed, case)

    def die(session: Session) -> str:
        end(
            session,
            worker_id=case.worker_id,
            reason=EndReason.DIED,
            happened_on=clock.now().date(),
            note="Akta kematian",
            actor_id=case.boss_id,
        )
        return "ended"

    first = threading.Event()

    def one(session: Session) -> str:
        if not first.is_set():
            first.set()
            return die(session)
        _approve(session, case, change_id, seen)
        return "approved"

    outcomes = at_once(committed, one, 2)

    assert outcomes["ended"] == 1
    with committed.app_context():
        assert db.session.scalar(select(Contribution.month).limit(1)) is None
        assert db.session.get_one(Worker, case.worker_id).income_idr in (1_000_000, DEARER_IDR)
        assert invariants.check(db.session()) == []


def _propose(app: Flask, case: Case) -> tuple[int, str]:
    """A proposed income, and the version of the effect that is shown."""
    with app.app_context(), transaction() as session:
        worker = session.get_one(Worker, case.worker_id)
        clerk = session.get_one(User, case.clerk_id)
        proposal = proposed(session, case.vault, worker, clerk, income_idr=DEARER_IDR)
        return proposal.id, deciding.effect_of_change(session, proposal.id).version


def _approve(session: Session, case: Case, change_id: int, seen: str) -> None:
    deciding.approve(
        session, vault=case.vault, change_id=change_id, seen=seen, actor_id=case.boss_id
    )


def _bill(case: Case) -> Contribution:
    return db.session.get_one(Contribution, (case.worker_id, NOVEMBER))
