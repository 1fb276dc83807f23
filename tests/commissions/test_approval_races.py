"""Statements that several people decide at once, or while they are computed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions import approval
from agentsys.commissions.approval import Action, decide, decide_many
from agentsys.commissions.lines import Offers
from agentsys.commissions.models import Statement
from agentsys.commissions.run import run_month
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Refused
from agentsys.extension.contract import AgentMonth
from agentsys.ledger import accounts, journal
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.bpjs_answers import record_answer
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import (
    FIRST_MONTH_IDR,
    NOVEMBER,
    PERISAI,
    office_of,
    portfolio,
    statement_of,
)
from tests.commissions.deciding import approve, entries
from tests.factories import make_agent, make_user

THREADS = 8


def race(app: Flask, statement_id: int, actor_id: int, seen: bytes) -> list[str]:
    """The results of eight simultaneous approvals."""
    start = threading.Barrier(THREADS)
    outcomes: list[str] = []

    def one() -> None:
        with app.app_context():
            try:
                start.wait(20)
                with transaction() as session:
                    actor = session.get_one(User, actor_id)
                    decide(
                        session,
                        statement_id=statement_id,
                        action=Action.APPROVE,
                        actor=actor,
                        seen_hash=seen,
                    )
                outcomes.append("approved")
            except (Refused, IntegrityError) as no:
                outcomes.append(type(no).__name__)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def forget_contributions(app: Flask) -> None:
    """Delete the contributions: without real payments the audit would fail."""
    with app.app_context(), transaction() as session:
        session.execute(text("TRUNCATE contributions"))


@pytest.fixture
def waiting(committed: Flask, vault: Vault) -> Iterator[tuple[int, int, bytes]]:
    """A committed, waiting statement: its id, supervisor and hash."""
    with committed.app_context():
        with transaction() as session:
            agent = make_agent(session)
            portfolio(session, vault, agent, 2)
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        with transaction() as session:
            statement = statement_of(session, agent)
            assert statement is not None
            assert agent.supervisor_id is not None
            found = statement.id, agent.supervisor_id, statement.lines_hash
    yield found
    forget_contributions(committed)


def test_an_answer_that_is_recorded_while_the_month_is_computed_is_not_overlooked(
    committed: Flask, vault: Vault
) -> None:
    with committed.app_context(), transaction() as session:
        agent = make_agent(session)
        [asked] = portfolio(session, vault, agent, 1, new_to_bpu=NewToBpu.UNKNOWN)
        supervisor = agent.supervisor
        assert supervisor is not None
        worker_id, actor_id, agent_id = asked.id, supervisor.id, agent.id
    recorded, read = threading.Event(), threading.Event()

    def rules(month: AgentMonth) -> Offers:
        if month.agent_id == agent_id:
            read.set()
        return PERISAI(month)

    def answering() -> None:
        with committed.app_context(), transaction() as session:
            actor = session.get_one(User, actor_id)
            record_answer(session, worker_id=worker_id, new=True, actor=actor)
            recorded.set()
            read.wait(20)

    thread = threading.Thread(target=answering)
    thread.start()
    assert recorded.wait(20)
    with committed.app_context():
        run_month(transaction, hook=rules, month=NOVEMBER, actor_id=None)
    thread.join()

    def approving() -> None:
        with transaction() as session:
            agent = session.get_one(Agent, agent_id)
            statement = statement_of(session, agent)
            assert statement is not None
            assert agent.supervisor is not None
            approve(session, statement, agent.supervisor)

    with committed.app_context():
        with pytest.raises(approval.AnsweredSince):
            approving()
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        approving()
    forget_contributions(committed)


def test_eight_supervisors_at_once_approve_once(
    committed: Flask, waiting: tuple[int, int, bytes]
) -> None:
    outcomes = race(committed, *waiting)

    assert sorted(outcomes) == ["AlreadyDecided"] * (THREADS - 1) + ["approved"]
    with committed.app_context(), transaction() as session:
        assert entries(session) == 1
        assert sum(journal.balances(session, accounts.CLAIM_COMMISSION).values()) == (
            2 * FIRST_MONTH_IDR + office_of(2 * FIRST_MONTH_IDR)
        )
        approvals = select(func.count()).where(AuditEvent.action == "commission.approved")
        assert session.scalar(approvals) == 1


def test_without_the_lock_the_race_would_be_seen(
    committed: Flask, waiting: tuple[int, int, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(THREADS)

    def unlocked(session: Session, statement_ids: list[int]) -> list[Statement]:
        found = [session.get_one(Statement, number) for number in statement_ids]
        together.wait(20)
        return found

    monkeypatch.setattr(approval, "_locked", unlocked)

    # All pass the checks; only the database, which keeps one approval for a stage, stops them.
    outcomes = race(committed, *waiting)
    assert sorted(outcomes) == ["IntegrityError"] * (THREADS - 1) + ["approved"]


def both_tabs(app: Flask, seen: list[tuple[int, bytes]], actor_id: int, tab: Any) -> list[str]:
    """The results of one request with both statements, and of another with the second one."""
    held, outcomes = threading.Event(), []

    def run_tab(name: str, work: Callable[[Session, User], object]) -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    work(session, session.get_one(User, actor_id))
                outcomes.append(name)
            except OperationalError as error:
                outcomes.append(f"{name}: {type(error.orig).__name__}")

    def other(session: Session, actor: User) -> None:
        session.execute(select(Statement.id).where(Statement.id == seen[1][0]).with_for_update())
        held.set()
        blocked = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while not session.scalar(blocked):
            time.sleep(0.01)
        decide(
            session,
            statement_id=seen[1][0],
            action=Action.RETURN,
            actor=actor,
            seen_hash=seen[1][1],
            reason="Periksa lagi.",
        )

    def first(session: Session, actor: User) -> None:
        held.wait(20)
        tab(session, seen, actor)

    threads = [
        threading.Thread(target=run_tab, args=given) for given in (("both", first), ("one", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.fixture
def two_waiting(committed: Flask, vault: Vault) -> Iterator[tuple[int, list[tuple[int, bytes]]]]:
    """Two committed statements of one supervisor's team, with their hashes."""
    with committed.app_context():
        with transaction() as session:
            supervisor_id = make_user(session, RoleName.SUPERVISOR).id
            for _ in range(2):
                portfolio(session, vault, make_agent(session, supervisor_id=supervisor_id), 1)
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        with transaction() as session:
            found = session.scalars(select(Statement).order_by(Statement.id))
            seen = [(statement.id, statement.lines_hash) for statement in found]
    yield supervisor_id, seen
    forget_contributions(committed)


def test_two_tabs_with_the_same_statements_wait_for_each_other(
    committed: Flask, two_waiting: tuple[int, list[tuple[int, bytes]]]
) -> None:
    supervisor_id, seen = two_waiting
    told: list[bool] = []

    def bulk(session: Session, seen: list[tuple[int, bytes]], actor: User) -> None:
        done = decide_many(session, seen=seen, action=Action.APPROVE, actor=actor)
        told.extend(bool(decision.refused) for decision in done)

    assert both_tabs(committed, seen, supervisor_id, bulk) == ["both", "one"]
    assert told == [False, True]


def test_deciding_one_after_the_other_would_block_the_two_tabs(
    committed: Flask, two_waiting: tuple[int, list[tuple[int, bytes]]]
) -> None:
    supervisor_id, seen = two_waiting
    both_have_one = threading.Barrier(2)
    outcomes: list[str] = []

    def one_by_one(order: list[tuple[int, bytes]]) -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    actor = session.get_one(User, supervisor_id)
                    for number, shown in order:
                        decide(
                            session,
                            statement_id=number,
                            action=Action.APPROVE,
                            actor=actor,
                            seen_hash=shown,
                        )
                        if number == order[0][0]:
                            both_have_one.wait(20)
                outcomes.append("decided")
            except OperationalError as error:
                outcomes.append(type(error.orig).__name__)

    tabs = [threading.Thread(target=one_by_one, args=(order,)) for order in (seen, seen[::-1])]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()

    assert sorted(outcomes) == ["DeadlockDetected", "decided"]
