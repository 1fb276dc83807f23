"""Twenty supervisors, two delegates and one run on the same 200 statements at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import LockNotAvailable
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from agentsys.audit.models import AuditEvent
from agentsys.commissions.approval import Action, decide_many
from agentsys.commissions.approving.models import StatementApproval
from agentsys.commissions.models import Statement, StatementState
from agentsys.commissions.run import run_month
from agentsys.crypto import Vault
from agentsys.db import engine_options, transaction
from agentsys.ledger.models import Entry
from agentsys.people import delegates
from agentsys.people.models import Agent, RoleName, User
from agentsys.people.substitutes import today
from tests.commissions.builders import NOVEMBER, PERISAI, confirm, portfolio
from tests.factories import give, make_agent, make_office, make_user, make_worker

SUPERVISORS, TEAM, DELEGATES, TOGETHER = 20, 10, 2, 10
Open = Callable[[], AbstractContextManager[Session]]


@dataclass
class Office:
    """Twenty teams of ten agents; each supervisor is away and has one of two delegates."""

    leaders: list[int] = field(default_factory=list)
    delegates: list[int] = field(default_factory=list)
    late: set[int] = field(default_factory=set)  # agents with a confirmation after the first run


@pytest.fixture
def office(committed: Flask, vault: Vault) -> Iterator[Office]:
    """200 statements that wait; of two agents in each team BPJS confirmed more since."""
    found = Office()
    with committed.app_context():
        with transaction() as session:
            _people(session, vault, found)
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        with transaction() as session:
            for agent_id in found.late:
                agent = session.get_one(Agent, agent_id)
                confirm(session, make_worker(session, vault, agent=agent))
    yield found
    with committed.app_context(), transaction() as session:
        session.execute(text("TRUNCATE contributions"))  # without payments the audit would fail


def _people(session: Session, vault: Vault, found: Office) -> None:
    office_id = make_office(session).id
    stand_ins = [
        make_user(session, RoleName.SUPERVISOR, office_id=office_id) for _ in range(DELEGATES)
    ]
    found.delegates = [each.id for each in stand_ins]
    for number in range(SUPERVISORS):
        leader = make_user(session, RoleName.SUPERVISOR, office_id=office_id)
        found.leaders.append(leader.id)
        for place in range(TEAM):
            # One agent of each team is its delegate, who earns there.
            own: dict[str, Any] = {"signed_in": False}
            if number < DELEGATES and place == TEAM - 1:
                give(session, stand_ins[number], RoleName.AGENT)
                own = {"user_id": stand_ins[number].id}
            agent = make_agent(session, office_id=office_id, supervisor_id=leader.id, **own)
            portfolio(session, vault, agent, 1)
            if place < 2:
                found.late.add(agent.id)
        delegates.name(
            session,
            user_id=leader.id,
            delegate_id=found.delegates[number % DELEGATES],
            from_on=today(),
            until_on=today(),
            reason="",
            actor_id=leader.id,
        )
    give(session, session.get_one(User, found.leaders[0]), RoleName.FINANCE)


def everybody_at_once(app: Flask, office: Office, open_one: Open) -> list[str]:
    """What failed while all decide all statements, and the first supervisor runs the month."""
    start = threading.Barrier(SUPERVISORS + DELEGATES + 1)
    failed: list[str] = []
    with app.app_context(), open_one() as session:
        shown = [tuple(row) for row in session.execute(select(Statement.id, Statement.lines_hash))]

    def deciding(actor_id: int) -> None:
        mine = random.Random(actor_id).sample(shown, len(shown))
        start.wait(60)
        for first in range(0, len(mine), TOGETHER):
            decide_all(open_one, actor_id, mine[first : first + TOGETHER])

    def computing() -> None:
        start.wait(60)
        # Where an agent's lock took too long, the run stays open, and is started again.
        while run_month(
            open_one, hook=PERISAI, month=NOVEMBER, actor_id=office.leaders[0]
        ).failures:
            pass

    def within(work: Callable[[], None]) -> None:
        with app.app_context():
            try:
                work()
            except Exception as error:
                failed.append(repr(error))

    people = office.leaders + office.delegates
    works = [computing, *(partial(deciding, each) for each in people)]
    threads = [threading.Thread(target=within, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def decide_all(open_one: Open, actor_id: int, seen: list[Any]) -> None:
    """Approve what may be approved of these; whom the others keep waiting too long tries again."""
    try:
        with open_one() as session:
            actor = session.get_one(User, actor_id)
            decide_many(session, seen=seen, action=Action.APPROVE, actor=actor)
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        decide_all(open_one, actor_id, seen)


def test_each_is_decided_once_and_by_nobody_on_their_own_behalf(
    committed: Flask, office: Office
) -> None:
    url = committed.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, **engine_options(SUPERVISORS + DELEGATES + 1))

    @contextmanager
    def open_one() -> Iterator[Session]:
        with Session(engine) as session, session.begin():
            yield session

    try:
        assert everybody_at_once(committed, office, open_one) == []
        with committed.app_context():
            # What the run wrote anew is shown again, and decided then.
            for actor_id in office.leaders + office.delegates:
                with open_one() as session:
                    again = session.execute(
                        select(Statement.id, Statement.lines_hash).where(
                            Statement.state == StatementState.SUBMITTED
                        )
                    )
                    seen = [tuple(row) for row in again]
                decide_all(open_one, actor_id, seen)
    finally:
        engine.dispose()

    with committed.app_context(), transaction() as session:
        _check(session, office)


def _check(session: Session, office: Office) -> None:
    earner = aliased(Agent)
    found = session.execute(select(Statement, earner).join(earner, earner.id == Statement.agent_id))
    rows = [(statement, agent) for statement, agent in found]
    waiting = {agent.id for statement, agent in rows if statement.state != "approved"}
    # The first supervisor computed these: neither he or she nor the delegate may decide them.
    own = {
        agent.id
        for _statement, agent in rows
        if agent.id in office.late and agent.supervisor_id == office.leaders[0]
    }
    assert (len(rows), waiting) == (SUPERVISORS * TEAM, own)

    approved = [(one, agent) for one, agent in rows if agent.id not in own]
    for statement, agent in approved:
        chain = {statement.decided_by, statement.decided_for} - {None}
        assert agent.supervisor_id in chain
        assert not chain & {statement.computed_by, agent.user_id}
    by_delegates = [one for one, _agent in approved if one.decided_for is not None]
    assert 0 < len(by_delegates) < len(approved)  # otherwise it was no race
    _check_once(session, {statement.id for statement, _agent in approved})


def _check_once(session: Session, approved: set[int]) -> None:
    events = session.scalars(
        select(AuditEvent.subject).where(AuditEvent.action == "commission.approved")
    )
    assert Counter(events) == Counter({f"statement:{number}": 1 for number in approved})
    kept = session.scalars(select(StatementApproval.statement_id))
    assert Counter(kept) == Counter({number: 1 for number in approved})
    assert session.scalar(select(func.count()).select_from(Entry)) == len(approved)
