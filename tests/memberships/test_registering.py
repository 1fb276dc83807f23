"""Recording whether BPJS registered a worker."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.registering import refuse, register, send_again
from agentsys.workers.kinds import RegisteredHow, Registration
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_worker

TODAY = date(2026, 11, 22)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker whom nobody registered at BPJS yet."""
    return make_worker(session, vault, agent=make_agent(session))


def test_a_new_worker_waits_for_registration(worker: Worker) -> None:
    assert worker.registration is Registration.WAITING
    assert worker.registered_how is None


def test_a_registered_worker_has_a_number_a_day_and_how_it_is_known(
    session: Session, worker: Worker
) -> None:
    _register(session, worker, " 2101-2345 678 ")

    assert (worker.kpj, worker.registration) == ("21012345678", Registration.REGISTERED)
    assert (worker.registered_on, worker.registered_how) == (TODAY, RegisteredHow.PORTAL)


def test_recording_the_same_answer_again_changes_nothing(session: Session, worker: Worker) -> None:
    _register(session, worker)
    _register(session, worker)

    found = session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.registered"))
    assert len(found.all()) == 1


def test_one_number_belongs_to_one_worker(session: Session, worker: Worker, vault: Vault) -> None:
    _register(session, worker)

    with pytest.raises(Conflict, match="pekerja lain"):
        _register(session, make_worker(session, vault))


@pytest.mark.parametrize("kpj", ["", "12", "2101234567X", "1" * 20])
def test_what_is_no_number_is_refused(session: Session, worker: Worker, kpj: str) -> None:
    with pytest.raises(Invalid) as refused:
        _register(session, worker, kpj)

    assert refused.value.facts["about"] == "kpj"


def test_refused_data_go_to_the_agent_and_are_sent_again(session: Session, worker: Worker) -> None:
    refuse(session, worker_id=worker.id, reason="Nama tidak sesuai KTP", actor_id=7)
    assert (worker.registration, worker.registration_note) == (
        Registration.REFUSED,
        "Nama tidak sesuai KTP",
    )

    send_again(session, worker_id=worker.id, actor_id=7)

    assert (worker.registration, worker.registration_note) == (Registration.WAITING, "")


def test_a_refusal_needs_a_reason(session: Session, worker: Worker) -> None:
    with pytest.raises(Invalid):
        refuse(session, worker_id=worker.id, reason=" ", actor_id=7)


def test_a_registered_worker_is_not_refused_later(session: Session, worker: Worker) -> None:
    _register(session, worker)

    with pytest.raises(Conflict, match="21012345678"):
        refuse(session, worker_id=worker.id, reason="Nama", actor_id=7)


def test_only_refused_data_are_sent_again(session: Session, worker: Worker) -> None:
    with pytest.raises(Conflict):
        send_again(session, worker_id=worker.id, actor_id=7)


def _register(session: Session, worker: Worker, kpj: str = "21012345678") -> None:
    register(
        session,
        worker_id=worker.id,
        kpj=kpj,
        on=TODAY,
        how=RegisteredHow.PORTAL,
        actor_id=7,
    )
