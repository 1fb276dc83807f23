"""Enrolling, changing the agent, ending a membership; and messages about a known NIK."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.people.models import AgentStatus
from agentsys.workers.enrolment import (
    CONSENT_VERSION,
    AlreadyRegistered,
    NewWorker,
    enrol_worker,
)
from agentsys.workers.membership import assign, end_enrolment
from agentsys.workers.models import Assignment, Enrolment, Programmes, Worker
from agentsys.workers.nik import NikRefused
from tests.factories import make_agent, make_worker, nik_of

MONTH, NEXT, LATER = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
DATA = NewWorker(
    nik="6474 0152 0380 0001",
    name="Siti  Aminah",
    phone="0812-3456-7890",
    kk="6474.0101.0115.0001",
    income_idr=1_500_000,
    programmes=Programmes.THREE,
)


def _enrol(session: Session, vault: Vault, agent_id: int, data: NewWorker = DATA) -> Worker:
    return enrol_worker(session, vault=vault, data=data, agent_id=agent_id, actor_id=7, month=MONTH)


def _changed(**values: object) -> NewWorker:
    return NewWorker(**({"nik": DATA.nik, "name": DATA.name} | values))  # type: ignore[arg-type]


def test_a_new_worker_is_enrolled_assigned_and_consented(session: Session, vault: Vault) -> None:
    agent = make_agent(session)

    worker = _enrol(session, vault, agent.id)

    assert nik_of(vault, worker) == "6474015203800001"
    assert worker.nik_masked == "6474••••••••0001"
    assert (worker.name, worker.phone) == ("Siti Aminah", "+6281234567890")
    assert (worker.birth_date, worker.sex) == (date(1980, 3, 12), "P")
    assert (worker.agent_id, worker.office_id) == (agent.id, agent.office_id)
    assert (worker.consent_text, worker.consent_at is not None) == (CONSENT_VERSION, True)
    enrolment = session.scalars(select(Enrolment)).one()
    assert (enrolment.programmes, enrolment.from_month) == (Programmes.THREE, MONTH)
    assignment = session.scalars(select(Assignment)).one()
    assert (assignment.agent_id, assignment.from_month) == (agent.id, MONTH)


def test_enrolling_is_recorded_with_the_consent_and_without_the_nik(
    session: Session, vault: Vault
) -> None:
    worker = _enrol(session, vault, make_agent(session).id)

    event = session.scalars(select(AuditEvent)).one()

    assert (event.action, event.subject) == ("worker.enrolled", f"worker:{worker.id}")
    assert event.details["consent"] == CONSENT_VERSION
    assert "tidak sedang sakit" in event.details["attested"]
    assert "6474" not in str(event.details)


def test_ones_own_worker_enrolled_twice_is_named(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = _enrol(session, vault, agent.id)

    with pytest.raises(AlreadyRegistered, match="daftar Anda") as refused:
        _enrol(session, vault, agent.id)

    assert refused.value.facts == {"worker_id": worker.id}


def test_somebody_elses_worker_is_refused_and_nothing_is_told(
    session: Session, vault: Vault
) -> None:
    first, second = make_agent(session, name="Agen Rahasia"), make_agent(session)
    _enrol(session, vault, first.id)

    with pytest.raises(AlreadyRegistered, match="pembina") as refused:
        _enrol(session, vault, second.id)

    assert refused.value.facts == {}
    assert "Rahasia" not in str(refused.value)
    assert "Siti" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (_changed(nik="6474"), NikRefused),
        (_changed(name=" 123 "), Invalid),
        (_changed(phone="0548-21123"), Invalid),
        (_changed(kk="123"), Invalid),
        (_changed(sex="X"), Invalid),
        (_changed(income_idr=-1), Invalid),
    ],
)
def test_wrong_entries_are_refused_and_change_nothing(
    session: Session, vault: Vault, data: NewWorker, refusal: type[Exception]
) -> None:
    agent = make_agent(session)

    with pytest.raises(refusal):
        _enrol(session, vault, agent.id, data)

    assert session.scalars(select(Worker)).all() == []


@pytest.mark.parametrize("status", [AgentStatus.SUSPENDED, AgentStatus.LEFT])
def test_an_agent_who_does_not_work_enrols_nobody(
    session: Session, vault: Vault, status: AgentStatus
) -> None:
    agent = make_agent(session, status=status)

    with pytest.raises(Forbidden):
        _enrol(session, vault, agent.id)


def test_a_handed_over_worker_belongs_to_each_agent_in_turn(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=MONTH)

    assign(session, worker_id=worker.id, agent_id=second.id, from_month=NEXT, actor_id=7)

    assert worker.agent_id == second.id
    periods = session.execute(
        select(Assignment.agent_id, Assignment.from_month, Assignment.until_month).order_by(
            Assignment.from_month
        )
    ).all()
    assert periods == [(first.id, MONTH, NEXT), (second.id, NEXT, None)]
    event = session.scalars(select(AuditEvent)).one()
    assert event.details == {
        "from_agent_id": first.id,
        "agent_id": second.id,
        "month": "2026-12-01",
    }


def test_assigning_to_the_same_agent_again_changes_nothing(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=MONTH)

    again = assign(session, worker_id=worker.id, agent_id=agent.id, from_month=NEXT, actor_id=7)

    assert again.from_month == MONTH
    assert session.scalars(select(AuditEvent)).all() == []


def test_an_assignment_that_never_counted_is_replaced(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=MONTH)

    assign(session, worker_id=worker.id, agent_id=second.id, from_month=MONTH, actor_id=7)

    assert session.scalars(select(Assignment.agent_id)).all() == [second.id]


def test_a_hand_over_before_the_last_one_is_refused(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=NEXT)

    with pytest.raises(Conflict):
        assign(session, worker_id=worker.id, agent_id=second.id, from_month=MONTH, actor_id=7)


def test_a_worker_is_not_handed_to_another_office(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=MONTH)

    with pytest.raises(Invalid, match="kantor"):
        assign(
            session,
            worker_id=worker.id,
            agent_id=make_agent(session).id,
            from_month=NEXT,
            actor_id=7,
        )


def test_an_enrolment_ends_before_the_month_that_is_named(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, enrolled_from=MONTH)

    ended = end_enrolment(session, worker_id=worker.id, until_month=LATER, actor_id=7)

    assert ended.until_month == LATER
    assert session.scalars(select(AuditEvent.action)).all() == ["enrolment.ended"]


def test_an_enrolment_does_not_end_before_it_began(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, enrolled_from=MONTH)

    with pytest.raises(Invalid):
        end_enrolment(session, worker_id=worker.id, until_month=MONTH, actor_id=7)


def test_nobody_elses_enrolment_ends_for_an_unknown_worker(session: Session) -> None:
    with pytest.raises(NotFound):
        end_enrolment(session, worker_id=404, until_month=MONTH, actor_id=7)


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
    session.execute(update(model).values(until_month=first[1]))
    rest = (
        {"programmes": "JKK+JKM", "funding": "csr"}
        if model is Enrolment
        else {"agent_id": agent.id}
    )

    with pytest.raises(IntegrityError, match=r"overlap|from_month"), session.begin_nested():
        session.add(model(worker_id=worker.id, from_month=second[0], until_month=second[1], **rest))


@pytest.mark.parametrize("model", [Enrolment, Assignment])
def test_the_database_refuses_a_period_that_is_stretched_over_the_next(
    session: Session, vault: Vault, model: type[Enrolment | Assignment]
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=MONTH)
    session.execute(update(model).values(until_month=NEXT))
    rest = (
        {"programmes": "JKK+JKM", "funding": "csr"}
        if model is Enrolment
        else {"agent_id": agent.id}
    )
    session.add(model(worker_id=worker.id, from_month=NEXT, **rest))
    session.flush()

    with pytest.raises(IntegrityError, match="overlap"), session.begin_nested():
        session.execute(update(model).where(model.from_month == MONTH).values(until_month=LATER))


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
