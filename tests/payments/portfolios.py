"""Workers of one agent, in every state of payment."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.people.models import Agent
from agentsys.workers.models import Worker
from tests.factories import make_contribution, make_payment, make_worker

NOW = date(2026, 11, 1)  # the tests' month, by the fixture `november`
BEFORE, LONG_AGO, NEXT = add_months(NOW, -1), add_months(NOW, -3), add_months(NOW, 1)


def worker_of(
    session: Session, vault: Vault, agent: Agent, name: str, *open_: date, **values: object
) -> Worker:
    worker = make_worker(session, vault, agent=agent, name=name, **values)
    for month in open_:
        make_contribution(session, worker, month)
    return worker


def paid_in(session: Session, worker: Worker, month: date) -> None:
    """A contribution of that month, paid and not yet at BPJS."""
    contribution = make_contribution(session, worker, month)
    contribution.payment_id = make_payment(session, worker, [contribution]).id
    session.flush()


def member(session: Session, vault: Vault, agent: Agent, name: str, *open_: date) -> Worker:
    """Somebody who paid the first month of the membership, four months ago."""
    began = add_months(NOW, -4)
    worker = worker_of(session, vault, agent, name, *open_, enrolled_from=began)
    paid_in(session, worker, began)
    return worker
