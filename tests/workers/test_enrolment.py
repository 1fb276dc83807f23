"""Enrolling, changing the agent, ending a membership; and messages about a known NIK."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid
from agentsys.people.models import AgentStatus
from agentsys.workers.enrolment import (
    CONSENT_VERSION,
    AlreadyRegistered,
    NewWorker,
    enrol_worker,
)
from agentsys.workers.models import Assignment, Enrolment, Programmes, Worker
from agentsys.workers.nik import NikRefused
from tests.factories import make_agent, nik_of

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
    assert "benar-benar masih bekerja" in event.details["attested"]
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

    with pytest.raises(AlreadyRegistered, match="admin kantor") as refused:
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
