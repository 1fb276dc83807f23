"""The database refuses periods that cannot be."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.workers.models import Assignment, Enrolment
from tests.factories import make_agent, make_worker

MONTH, NEXT, LATER = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.mark.parametrize("model", [Enrolment, Assignment])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((MONTH, None), (NEXT, None)),
        ((MONTH, None), (NEXT, LATER)),
        ((NEXT, None), (MONTH, LATER)),
        ((MONTH, LATER), (NEXT, None)),
        ((MONTH, LATER), (NEXT, date(2027, 2, 1))),
        ((MONTH, None), (MONTH, NEXT)),
    ],
)
def test_the_database_itself_refuses_overlapping_periods(
    session: Session, vault: Vault, model: type[Enrolment | Assignment], first, second
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=first[0])
    session.execute(update(model).values(**_until(model, first[1])))
    rest = (
        {"programmes": "JKK+JKM", "funding": "csr"}
        if model is Enrolment
        else {"agent_id": agent.id}
    )

    period = {"from_month": second[0], **_until(model, second[1])}

    with pytest.raises(IntegrityError, match=r"overlap|from_month"), session.begin_nested():
        session.add(model(worker_id=worker.id, **period, **rest))


@pytest.mark.parametrize("model", [Enrolment, Assignment])
def test_the_database_refuses_a_period_that_is_stretched_over_the_next(
    session: Session, vault: Vault, model: type[Enrolment | Assignment]
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=MONTH)
    session.execute(update(model).values(**_until(model, NEXT)))
    rest = (
        {"programmes": "JKK+JKM", "funding": "csr"}
        if model is Enrolment
        else {"agent_id": agent.id}
    )
    session.add(model(worker_id=worker.id, from_month=NEXT, **rest))
    session.flush()

    stretched = update(model).where(model.from_month == MONTH)

    with pytest.raises(IntegrityError, match="overlap"), session.begin_nested():
        session.execute(stretched.values(**_until(model, LATER)))


@pytest.mark.parametrize("model", [Enrolment, Assignment])
def test_the_database_refuses_a_period_of_a_worker_who_does_not_exist(
    session: Session, model: type[Enrolment | Assignment]
) -> None:
    agent = make_agent(session)
    rest = (
        {"programmes": "JKK+JKM", "funding": "csr"}
        if model is Enrolment
        else {"agent_id": agent.id}
    )

    with pytest.raises(IntegrityError, match="there is no worker 404"), session.begin_nested():
        session.add(model(worker_id=404, from_month=MONTH, **rest))


def test_the_database_refuses_an_assignment_to_an_agent_who_does_not_exist(
    session: Session, vault: Vault
) -> None:
    make_worker(session, vault, agent=make_agent(session), enrolled_from=MONTH)

    with pytest.raises(IntegrityError, match="there is no agent 404"), session.begin_nested():
        session.execute(update(Assignment).values(agent_id=404))


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM workers",
        "DELETE FROM agents",
        "UPDATE workers SET id = id + 1",
        "UPDATE agents SET id = id + 1",
    ],
)
def test_the_database_keeps_whom_periods_point_to(
    session: Session, vault: Vault, loss: str
) -> None:
    make_worker(session, vault, agent=make_agent(session), enrolled_from=MONTH)

    with pytest.raises(IntegrityError, match="never changed or removed"), session.begin_nested():
        session.execute(text(loss))


def _until(model: type[Enrolment | Assignment], month: date | None) -> dict[str, object]:
    """The values that end a period, or leave it open."""
    ended = {"end_reason": "wished", "ended_at": clock.now()} if month else {}
    return {"until_month": month} | (ended if model is Enrolment else {})
