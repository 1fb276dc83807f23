"""Months billed before the worker had an agent are attributed later."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys.contributions.attribution import adopt_open_months
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.payments.portfolio import portfolio
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_payment, make_worker

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def owners(session: Session) -> dict[date, int | None]:
    """The agent of each month."""
    session.expire_all()
    return {c.month: c.agent_id for c in session.scalars(select(Contribution))}


def test_open_months_without_an_agent_go_to_the_one_the_worker_has_now(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=OCTOBER)
    for month in (OCTOBER, NOVEMBER):
        make_contribution(session, worker, month, agent_id=None)
    other = make_worker(session, vault, agent=make_agent(session))
    make_contribution(session, other, OCTOBER, agent_id=None)
    session.execute(update(Worker).where(Worker.id == other.id).values(agent_id=None))

    adopt_open_months(session, office_id=agent.office_id)

    session.expire_all()
    found = session.scalars(select(Contribution).order_by(Contribution.month)).all()
    assert {(c.worker_id, c.month): c.agent_id for c in found} == {
        (worker.id, OCTOBER): agent.id,
        (worker.id, NOVEMBER): agent.id,
        (other.id, OCTOBER): None,
    }
    [entry] = portfolio(session, agent_id=agent.id, vault=vault).rows
    assert (entry.arrears_months, entry.due_idr) == (1, 33_600)


def test_what_is_paid_and_what_another_agent_has_stays(session: Session, vault: Vault) -> None:
    agent, before = make_agent(session), make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=OCTOBER)
    make_contribution(session, worker, OCTOBER, agent_id=before.id)
    paid = make_contribution(session, worker, NOVEMBER, agent_id=None)
    paid.payment_id = make_payment(session, worker, [paid]).id
    session.flush()

    adopt_open_months(session, office_id=agent.office_id)

    assert owners(session) == {OCTOBER: before.id, NOVEMBER: None}
    paid.payment_id = None
