"""What races of hand-overs share: committed rows by their ids, and work that begins meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.ledger import invariants
from agentsys.payments.models import Payment
from agentsys.people.models import Agent, User
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_user
from tests.handovers.steps import NOVEMBER, Two
from tests.payments.world import World


@dataclass
class Ids:
    """Committed rows, by their ids."""

    old: int
    new: int
    worker: int
    actor: int
    second: int
    office: int


@contextmanager
def meanwhile(
    app: Flask, work: Callable[[Session], object], *, fails: type[Exception] | None = None
) -> Iterator[None]:
    """Begin the work in another thread just before the transaction of the block ends."""
    caught: list[BaseException] = []

    def run() -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    work(session)
            except Exception as error:
                caught.append(error)

    thread = threading.Thread(target=run)
    with app.app_context():
        session = db.session()
        original = session.commit

        def commit() -> None:
            thread.start()
            thread.join(0.5)  # it waits for our locks, or is done
            original()

        session.commit = commit  # type: ignore[method-assign]
        try:
            yield
        finally:
            session.commit = original  # type: ignore[method-assign]
            thread.join(30)
    if fails is None:
        assert caught == []
    else:
        assert [type(error) for error in caught] == [fails]


def draft(app: Flask, ids: Ids) -> int:
    """A hand-over that waits for its second person."""
    with app.app_context(), transaction() as session:
        two = Two(
            session,
            vault(app),
            session.get_one(Agent, ids.old),
            session.get_one(Agent, ids.new),
            session.get_one(Worker, ids.worker),
            session.get_one(User, ids.actor),
            session.get_one(User, ids.second),
        )
        return two.propose(two.draft(from_month=NOVEMBER))


def vault(app: Flask) -> Vault:
    vault: Vault = app.extensions[KEY].vault
    return vault


def elsewhere() -> Session:
    """A session of another connection."""
    return Session(db.engine)


def ids_of(app: Flask, world: World) -> tuple[Ids, str]:
    """The ids of a world with a second agent and a supervisor, and of its payment."""
    with app.app_context(), transaction() as session:
        new = make_agent(session, office_id=world.office_id)
        actor, second = (make_user(session, office_id=world.office_id) for _ in range(2))
        reference = session.scalars(
            select(Payment.reference).where(Payment.worker_id == world.worker.id)
        ).one()
        people = (actor.id, second.id, world.office_id)
        return Ids(world.agent.id, new.id, world.worker.id, *people), reference


def paid(app: Flask, ids: Ids) -> int:
    """How many months of the worker are paid."""
    with app.app_context():
        query = select(func.count()).select_from(Contribution)
        paid = (Contribution.worker_id == ids.worker) & Contribution.payment_id.is_not(None)
        return db.session.scalar(query.where(paid)) or 0


def agents(app: Flask, ids: Ids) -> dict[date, int | None]:
    with app.app_context():
        rows = db.session.execute(
            select(Contribution.month, Contribution.agent_id)
            .where(Contribution.worker_id == ids.worker)
            .order_by(Contribution.month)
        )
        return {month: agent for month, agent in rows}


def right(app: Flask) -> None:
    with app.app_context():
        assert invariants.check(db.session()) == []
