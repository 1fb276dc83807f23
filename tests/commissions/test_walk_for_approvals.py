"""All routes, jobs and commands are walked: only one function makes a statement approved."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import click
import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from agentsys import clock, jobs
from agentsys.cli import cli
from agentsys.commissions.approval import Action, decide
from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.months import add_months
from agentsys.people.models import Agent, RoleName
from agentsys.terms.models import CommissionFunding
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.commissions.watching import approvals_watched, stop_counting
from tests.factories import make_agent, make_worker
from tests.web.access_world import World, make_world, path_of, person, roles_of, routes

WORKING = (RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN)
PEOPLE = [*[(role,) for role in RoleName], WORKING]
# They end the walk: the visitor would be signed out, or the password changed.
ENDS = {"account.password", "account.end_session", "account.end_other_sessions"}
# These start a process that runs until it is stopped, or make, replace or read a whole database.
# What a started process does is walked as routes and jobs.
NOT_RUN = {"db", "simulator", "run", "web", "worker", "demo", "keys", "backup", "restore"}
ARGUMENTS = {
    "office add": ["LAIN", "Kantor Lain", "Bontang"],
    "user add": ["Rina", "--role", "admin", "--phone", "0812 1111 2222", "--generate-password"],
    "import": ["--as", "nobody"],
}


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One office with one of everything."""
    return make_world(session, vault)


def waiting(session: Session, vault: Vault, agent: Agent) -> Statement:
    """A statement of last month that waits, and that the agent's supervisor could approve."""
    month = last_month()
    worker = make_worker(session, vault, agent=agent)
    confirm(session, worker, month, confirmed_at=clock.now())
    run(session, hook=offer(uji=fee()), month=clock.this_month())
    found = statement_of(session, agent, clock.this_month())
    assert found is not None
    return found


def last_month() -> date:
    """The month before this one."""
    return add_months(clock.this_month(), -1)


def form_for(statement: Statement) -> dict[str, str]:
    """The fields that any form about a statement could read."""
    version = statement.lines_hash.hex()
    return {
        "action": "approve",
        "version": version,
        "ids": f"{statement.id}:{version}",
        "statement_id": str(statement.id),
        "state": "approved",
        "reason": "x",
    }


@pytest.mark.made_up_books
@pytest.mark.parametrize("roles", PEOPLE)
def test_no_other_route_approves(
    app: Flask,
    session: Session,
    vault: Vault,
    world: World,
    visit: Any,
    roles: tuple[RoleName, ...],
) -> None:
    visitor = visit(person(world, roles))
    agent = session.get_one(Agent, world.ids["agent_id"])
    statement = waiting(session, vault, agent)
    ids = world.ids | {"statement_id": statement.id}

    with approvals_watched(session) as watched:
        for method, endpoint, rule in routes(app):
            if method == "GET" or endpoint in ENDS:
                continue
            if set(roles) & (roles_of(app, endpoint, method) or set(roles)):
                visitor.submit(path_of(rule, ids), **form_for(statement))

        assert watched.second_ways() == []
        # The walk itself reaches the one way: otherwise it would show nothing.
        assert (watched.counted == 1) is (RoleName.SUPERVISOR in roles)


@pytest.fixture
def stored(committed: Flask, vault: Vault) -> Iterator[int]:
    """A committed statement that waits: its id."""
    with committed.app_context():
        with transaction() as session:
            found = waiting(session, vault, make_agent(session)).id
        yield found
        with transaction() as session:
            stop_counting(session)
            session.execute(text("TRUNCATE contributions"))  # without payments the audit would fail


def test_no_job_approves(committed: Flask, stored: int) -> None:
    known = {"month": f"{clock.this_month()}", "actor_id": None, "office_id": None}
    with (
        committed.app_context(),
        transaction() as session,
        approvals_watched(session) as watched,
    ):
        session.commit()
        for _when, job in (*jobs.CLOCK, *jobs.ASKING, *jobs.LONG):
            job()
        for task in jobs.COARSE:
            needed = inspect.signature(task).parameters
            # Lists that do not exist are refused; the job is walked to that point.
            with suppress(Exception):
                task(**{name: known.get(name, stored) for name in needed})
            session.rollback()

        assert watched.second_ways() == []
        assert session.get_one(Statement, stored).state is StatementState.SUBMITTED


def test_no_command_approves(committed: Flask, stored: int) -> None:
    walked = [name for name in _commands(cli) if name.partition(" ")[0] not in NOT_RUN]
    assert {"commissions", "bill", "audit"} <= set(walked)
    with (
        committed.app_context(),
        transaction() as session,
        approvals_watched(session) as watched,
    ):
        session.commit()
        for name in walked:
            arguments = [*name.split(), *ARGUMENTS.get(name, [])]
            done = committed.test_cli_runner().invoke(cli, arguments)
            assert done.exit_code in range(4), (name, done.output)

        assert watched.second_ways() == []
        session.expire_all()
        assert session.get_one(Statement, stored).state is StatementState.SUBMITTED


def _commands(command: click.Command, path: str = "") -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}".strip())
    else:
        yield path


@pytest.mark.made_up_books
@pytest.mark.parametrize("way", ["object", "query", "sql", "driver"])
def test_the_walk_would_see_a_second_way(
    session: Session, vault: Vault, way: str, world: World
) -> None:
    agent = session.get_one(Agent, world.ids["agent_id"])
    statement = waiting(session, vault, agent)
    with approvals_watched(session) as watched:
        second_way(session, statement, way)

        assert watched.counted == 1
        assert len(watched.second_ways()) == 1


def second_way(session: Session, statement: Statement, way: str) -> None:
    """What a second function that approves could do."""
    decided = {"decided_by": statement.agent.supervisor_id, "decided_at": clock.now()}
    values = {"state": StatementState.APPROVED, "funding": CommissionFunding.OWN, **decided}
    known = {"id": statement.id, "by": statement.agent.supervisor_id}
    sql = (
        "UPDATE statements SET state = 'approved', funding = 'own', decided_by = {by},"
        " decided_at = now() WHERE id = {id}"
    )
    if way == "object":
        for name, value in values.items():
            setattr(statement, name, value)
        session.flush()
    elif way == "query":
        session.execute(update(Statement).where(Statement.id == statement.id).values(**values))
    elif way == "sql":
        session.execute(text(sql.format(**known)))
    else:
        driver = session.connection().connection.driver_connection
        assert driver is not None
        driver.execute(sql.format(**known))


@pytest.mark.made_up_books
def test_the_one_way_is_counted_as_such(session: Session, vault: Vault, world: World) -> None:
    agent = session.get_one(Agent, world.ids["agent_id"])
    statement = waiting(session, vault, agent)
    assert agent.supervisor is not None
    with approvals_watched(session) as watched:
        decide(
            session,
            statement_id=statement.id,
            action=Action.APPROVE,
            actor=agent.supervisor,
            seen_hash=statement.lines_hash,
        )

        assert (watched.counted, watched.by_the_function) == (1, 1)
        assert watched.second_ways() == []
