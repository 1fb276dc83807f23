"""A merge beside a payment, another approval, and a billing run, with real commits."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.duplicates import finding, merging, undoing
from agentsys.duplicates.merge_models import MergeState, WorkerMerge
from agentsys.errors import Refused
from agentsys.ledger import invariants
from agentsys.payments.cash import collect
from agentsys.people.models import Agent
from agentsys.plugins.cash import Cash
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.duplicates.steps import NOVEMBER, TwoRecords
from tests.payments.races import at_once


@dataclass
class Case:
    """A committed proposal about two records, of which the merged one owes November."""

    vault: Vault
    merge_id: int
    kept_id: int
    merged_id: int
    agent_id: int
    agents_user_id: int
    boss_id: int


@pytest.fixture
def case(committed: Flask) -> Case:
    vault = committed.extensions[KEY].vault
    with committed.app_context(), transaction() as session:
        two = TwoRecords.build(session, vault)
        two.bill(two.merged, NOVEMBER)
        merge = two.propose()
        agent = session.get_one(Agent, two.merged.agent_id)
        assert agent.user_id is not None
        return Case(
            vault,
            merge.id,
            two.kept.id,
            two.merged.id,
            agent.id,
            agent.user_id,
            two.boss.id,
        )


def test_of_people_who_approve_at_once_one_does(committed: Flask, case: Case) -> None:
    outcomes = at_once(committed, lambda session: _approve(session, case), 4)

    assert outcomes["approved"] == 1
    assert sum(outcomes.values()) == 4
    with committed.app_context():
        assert db.session.get_one(WorkerMerge, case.merge_id).state is MergeState.DONE
        assert invariants.check(db.session()) == []


def test_a_payment_of_the_merged_record_comes_first_or_is_refused(
    committed: Flask, case: Case
) -> None:
    paid: list[int] = []

    def pay() -> None:
        try:
            with committed.app_context(), transaction() as session:
                paid.append(_pay(session, case))
        except Refused:
            pass  # it was merged first, so nobody owes this month any more

    payer = threading.Thread(target=pay)
    payer.start()
    merged = False
    try:
        with committed.app_context(), transaction() as session:
            merged = _approve(session, case) == "approved"
    except Refused:
        pass  # the money is in the agent's hand
    payer.join(20)

    with committed.app_context():
        worker = db.session.get_one(Worker, case.merged_id)
        assert merged is (worker.merged_into is not None)
        assert merged is not bool(paid)
        assert invariants.check(db.session()) == []


def test_a_billing_run_and_a_merge_leave_no_bill_of_the_merged_record(
    committed: Flask, case: Case
) -> None:
    first = threading.Event()

    def one(session: Session) -> str:
        if not first.is_set():
            first.set()
            billing.bill_month(session, month=NOVEMBER, actor_id=None)
            return "billed"
        return _approve(session, case)

    outcomes = at_once(committed, one, 2)

    with committed.app_context():
        merged = db.session.get_one(Worker, case.merged_id).merged_into is not None
        assert outcomes["approved"] == merged
        owed = db.session.scalar(
            select(Contribution.month).where(Contribution.worker_id == case.merged_id).limit(1)
        )
        assert (owed is None) is merged
        assert invariants.check(db.session()) == []


def test_undoing_twice_at_once_restores_once(committed: Flask, case: Case) -> None:
    with committed.app_context(), transaction() as session:
        _approve(session, case)

    def undo(session: Session) -> str:
        undoing.undo_merge(
            session, merge_id=case.merge_id, reason="Salah orang", actor_id=case.boss_id
        )
        return "undone"

    outcomes = at_once(committed, undo, 3)

    assert outcomes["undone"] == 1
    with committed.app_context():
        worker = db.session.get_one(Worker, case.merged_id)
        assert (worker.merged_into, worker.agent_id) == (None, case.agent_id)
        owed = select(Contribution.month).where(Contribution.worker_id == case.merged_id)
        assert db.session.scalars(owed).all() == [NOVEMBER]
        assert invariants.check(db.session()) == []


def test_the_job_and_a_merge_do_not_stop_each_other(committed: Flask, case: Case) -> None:
    first = threading.Event()

    def one(session: Session) -> str:
        if not first.is_set():
            first.set()
            finding.check_waiting(session, vault=case.vault)
            return "compared"
        return _approve(session, case)

    outcomes = at_once(committed, one, 2)

    assert (outcomes["compared"], outcomes["approved"]) == (1, 1)


def _approve(session: Session, case: Case) -> str:
    effect = merging.preview(session, kept_id=case.kept_id, merged_id=case.merged_id)
    merging.approve_merge(
        session, merge_id=case.merge_id, seen=effect.version, actor_id=case.boss_id
    )
    return "approved"


def _pay(session: Session, case: Case) -> int:
    return collect(
        session,
        key="k" * 32,
        channel=Cash(),
        worker_id=case.merged_id,
        months=[NOVEMBER],
        actor_id=case.agents_user_id,
        agent_id=case.agent_id,
    ).id
