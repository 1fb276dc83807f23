"""A corrected NIK, name or birth date, and data that change at once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.changes.plain import change
from agentsys.changes.queries import current
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.registering import refuse
from agentsys.people.models import RoleName, User
from agentsys.workers import enrolment, keys, seals
from agentsys.workers.kinds import NewToBpu, Registration, Work
from agentsys.workers.models import Worker
from agentsys.workers.nik_models import EarlierNik
from tests.changes.steps import NOVEMBER, approved, changed_at_once, proposed
from tests.factories import (
    invented_nik,
    kk_of,
    make_agent,
    make_user,
    make_worker,
    nik_of,
)

KK = "6474010101010001"
TYPED, RIGHT = invented_nik(801), invented_nik(802)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker whose NIK was mistyped."""
    index = vault.index(TYPED)
    return make_worker(
        session,
        vault,
        agent=make_agent(session),
        nik=TYPED,
        kk_sealed=vault.seal(KK, seals.kk_of(index)),
        kk_index=vault.index(KK),
        new_to_bpu=NewToBpu.YES,
    )


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Who proposes."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.fixture
def second(session: Session, worker: Worker) -> User:
    """Who approves."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_a_corrected_nik_keeps_the_old_one_encrypted(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    approved(session, vault, proposed(session, vault, worker, clerk, nik=RIGHT), second)

    assert nik_of(vault, worker) == RIGHT
    assert kk_of(vault, worker) == KK
    old = session.scalars(select(EarlierNik)).one()
    assert vault.open(old.nik_sealed, seals.earlier_nik_of(old.nik_index)) == TYPED
    assert worker.new_to_bpu is NewToBpu.UNKNOWN  # BPJS answered about the other number


def test_no_number_is_in_the_trail_or_readable_in_the_proposal(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, nik=RIGHT)
    approved(session, vault, proposal, second)

    written = [str(event.details) for event in session.scalars(select(AuditEvent))]
    written += [str(proposal.before), str(proposal.after)]
    assert not [text for text in written if TYPED in text or RIGHT in text]
    assert proposal.after == {"nik": "6474••••••••" + RIGHT[-4:]}


def test_what_changes_encrypts_is_sealed_anew_with_new_keys(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    approved(session, vault, proposed(session, vault, worker, clerk, nik=RIGHT), second)

    assert keys.status(session).by_key == {1: 4 + _known(session)}
    assert keys.mismatches(session, vault=vault) == []


def test_a_form_with_the_old_nik_finds_the_same_person(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    approved(session, vault, proposed(session, vault, worker, clerk, nik=RIGHT), second)

    with pytest.raises(enrolment.AlreadyRegistered) as refused:
        _enrol(session, vault, worker, born=worker.birth_date)

    assert refused.value.facts["worker_id"] == worker.id


def test_who_really_has_the_mistyped_nik_can_be_enrolled(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    approved(session, vault, proposed(session, vault, worker, clerk, nik=RIGHT), second)

    other = _enrol(session, vault, worker, born=date(1990, 1, 2))

    assert other.id != worker.id


def test_a_nik_of_another_worker_is_refused(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, nik=RIGHT)
    make_worker(session, vault, nik=RIGHT)

    with pytest.raises(Conflict, match="milik pekerja lain"):
        approved(session, vault, proposal, second)
    with pytest.raises(Conflict, match="milik pekerja lain"):
        proposed(session, vault, worker, clerk, nik=RIGHT)


@pytest.mark.parametrize(
    ("field", "value"),
    [("nik", "123"), ("name", "  "), ("birth_date", "2030-01-01"), ("sex", "X"), ("sector", "y")],
)
def test_an_impossible_value_says_which_field(
    session: Session, vault: Vault, worker: Worker, clerk: User, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as refused:
        proposed(session, vault, worker, clerk, **{field: value})

    assert refused.value.facts["about"] == field


def test_a_corrected_name_sends_a_refused_registration_again(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    refuse(session, worker_id=worker.id, reason="Nama tidak sesuai KTP", actor_id=clerk.id)

    approved(session, vault, proposed(session, vault, worker, clerk, name="Siti Aminah"), second)

    assert worker.name == "Siti Aminah"
    assert (worker.registration, worker.registration_note) == (Registration.WAITING, "")


def test_a_phone_changes_at_once_with_before_and_after_in_the_trail(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    changed_at_once(session, vault, worker, clerk, phone="0812-3456-7890", job="Penjual ikan")

    assert (worker.phone, worker.job) == ("+6281234567890", "Penjual ikan")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.changed")).one()
    assert event.actor_id == clerk.id
    assert event.details["before"] == {"phone": "", "job": ""}
    assert event.details["after"] == {"phone": "+6281234567890", "job": "Penjual ikan"}
    assert event.details["reason"] == "Nomor baru"


def test_a_kk_number_is_encrypted_and_only_masked_in_the_trail(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    other = "6474010101010099"

    changed_at_once(session, vault, worker, clerk, kk="6474 0101 0101 0099")

    assert kk_of(vault, worker) == other
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.changed")).one()
    assert event.details["before"] == {"kk": "6474••••••••0001"}
    assert event.details["after"] == {"kk": "6474••••••••0099"}
    assert keys.mismatches(session, vault=vault) == []


def test_who_saw_another_kk_number_changes_nothing(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    seen = current(session, worker_id=worker.id).version
    changed_at_once(session, vault, worker, clerk, kk="6474010101010099")

    with pytest.raises(Conflict, match="diubah orang lain"):
        change(
            session,
            vault=vault,
            worker_id=worker.id,
            values={"kk": "6474010101010088"},
            version=seen,
            reason="KK baru",
            actor_id=clerk.id,
        )


def test_how_somebody_works_is_kept_with_before_and_after(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    changed_at_once(session, vault, worker, clerk, work="employer")

    assert worker.work is Work.EMPLOYER
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.changed")).one()
    assert (event.details["before"], event.details["after"]) == (
        {"work": ""},
        {"work": "employer"},
    )


def test_who_saw_other_data_changes_nothing(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    with pytest.raises(Conflict, match="diubah orang lain"):
        change(
            session,
            vault=vault,
            worker_id=worker.id,
            values={"job": "Nelayan"},
            version="older",
            reason="Pindah kerja",
            actor_id=clerk.id,
        )


@pytest.mark.parametrize(
    ("values", "about"),
    [
        ({"phone": "123"}, "phone"),
        ({"job": "x" * 81}, "job"),
        ({"work": "later"}, "work"),
        ({"kk": "647401"}, "kk"),
        ({"kk": TYPED}, "kk"),
    ],
)
def test_a_wrong_plain_value_says_which_field(
    session: Session, vault: Vault, worker: Worker, clerk: User, values: dict[str, str], about: str
) -> None:
    with pytest.raises(Invalid) as refused:
        changed_at_once(session, vault, worker, clerk, **values)

    assert refused.value.facts["about"] == about


def _enrol(session: Session, vault: Vault, worker: Worker, *, born: date) -> Worker:
    assert worker.agent_id is not None
    return enrolment.enrol_worker(
        session,
        vault=vault,
        data=enrolment.NewWorker(nik=TYPED, name="Siti Aminah", birth_date=born),
        agent_id=worker.agent_id,
        actor_id=None,
        month=NOVEMBER,
    )


def _known(session: Session) -> int:
    return 1 if session.scalar(select(keys.KeyCheck)) else 0
