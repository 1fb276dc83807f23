"""The page of a worker for supervisors, finance, admins and auditors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.arrears import open_months
from agentsys.crypto import Vault
from agentsys.memberships.ending import end
from agentsys.months import add_months
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import EndReason, Registration, Work
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker

READERS = [RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR]


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker since three months ago who owes this month."""
    worker = make_worker(
        session,
        vault,
        agent=make_agent(session),
        name="Siti Rahmawati",
        enrolled_from=add_months(clock.this_month(), -3),
    )
    make_contribution(session, worker)
    return worker


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.mark.parametrize("role", READERS)
def test_who_may_read_workers_sees_membership_and_history(
    session: Session, visit, worker: Worker, role: RoleName
) -> None:
    page = visit(_who(session, worker, role)).get(_file(worker)).get_data(as_text=True)

    assert "Siti Rahmawati" in page
    assert "Belum didaftarkan ke BPJS" in page
    assert ("Akhiri kepesertaan" in page) is (role is not RoleName.AUDITOR)


@pytest.mark.parametrize("role", READERS)
def test_workers_of_another_office_are_not_found(
    session: Session, visit, vault: Vault, worker: Worker, role: RoleName
) -> None:
    elsewhere = make_worker(session, vault, agent=make_agent(session))

    answer = visit(_who(session, worker, role)).get(_file(elsewhere))

    assert answer.status_code == 404


def test_a_death_is_recorded_and_nothing_is_asked_any_more(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    answer = visit(clerk).submit(
        f"{_file(worker)}/akhiri",
        **{
            "end-reason": "died",
            "end-happened_on": str(clock.now().date() - timedelta(days=1)),
            "end-note": "Akta kematian 12/2026",
        },
        follow_redirects=True,
    )

    page = answer.get_data(as_text=True)
    assert "1 tagihan (Rp16.800) ditutup." in page
    assert "Akta kematian 12/2026" in page
    assert "Meninggal" in page
    assert "Aktifkan lagi" not in page
    assert open_months(session, worker_id=worker.id) == []


def test_a_death_is_recorded_of_somebody_who_left_before(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.WISHED,
        happened_on=clock.now().date(),
        note="Surat",
        actor_id=clerk.id,
    )
    form = visit(clerk).get(_file(worker)).get_data(as_text=True)

    answer = visit(clerk).submit(
        f"{_file(worker)}/akhiri",
        **{
            "end-reason": "died",
            "end-happened_on": str(clock.now().date()),
            "end-note": "Akta kematian",
        },
        follow_redirects=True,
    )

    page = answer.get_data(as_text=True)
    assert "Catat kematian" in form
    assert 'name="end-reason" value="died"' in form
    assert "Meninggal. Tidak ditagih lagi." in page
    assert "Catat kematian" not in page


def test_a_wrong_date_keeps_what_was_typed(visit, worker: Worker, clerk: User) -> None:
    answer = visit(clerk).submit(
        f"{_file(worker)}/akhiri",
        **{
            "end-reason": "wished",
            "end-happened_on": str(clock.now().date() + timedelta(days=9)),
            "end-note": "Surat pekerja",
        },
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Tanggalnya belum tiba." in page
    assert "Surat pekerja" in page


def test_a_member_who_left_comes_back(session: Session, visit, worker: Worker, clerk: User) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.WISHED,
        happened_on=add_months(clock.this_month(), -1),
        note="Surat",
        actor_id=clerk.id,
    )

    answer = visit(clerk).submit(
        f"{_file(worker)}/aktifkan",
        **{
            "resume-from_month": f"{clock.this_month():%Y-%m}",
            "resume-programmes": "JKK+JKM",
            "resume-work": "own",
        },
        follow_redirects=True,
    )

    page = answer.get_data(as_text=True)
    assert "menjadi peserta lagi mulai" in page
    assert "Belum didaftarkan ke BPJS" in page
    assert "Akhiri kepesertaan" in page


def _ended(session: Session, worker: Worker, clerk: User) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.WISHED,
        happened_on=add_months(clock.this_month(), -1),
        note="Surat",
        actor_id=clerk.id,
    )


def _resumed(visitor: Any, worker: Worker, **values: str) -> Any:
    asked = {
        "resume-from_month": f"{clock.this_month():%Y-%m}",
        "resume-programmes": "JKK+JKM",
        "resume-work": "own",
    }
    return visitor.submit(f"{_file(worker)}/aktifkan", **asked | values)


def test_who_works_for_wages_only_is_not_resumed_and_the_page_says_why(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    _ended(session, worker, clerk)

    answer = _resumed(visit(clerk), worker, **{"resume-work": "wages"})

    assert answer.status_code == 422
    assert "Karyawan didaftarkan oleh pemberi kerjanya" in answer.get_data(as_text=True)


def test_a_warning_is_confirmed_before_a_member_comes_back(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    _ended(session, worker, clerk)
    worker.income_idr = 100_000
    session.flush()

    asked = _resumed(visit(clerk), worker)
    assert asked.status_code == 422
    assert "Penghasilan sebulan ini sangat kecil" in asked.get_data(as_text=True)
    confirmed = _resumed(visit(clerk), worker, **{"resume-confirm_warnings": "y"})

    assert confirmed.status_code == 302
    assert worker.work is Work.OWN


def test_the_number_from_bpjs_is_recorded(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    answer = visit(clerk).submit(
        f"{_file(worker)}/terdaftar",
        **{
            "registered-kpj": "21012345678",
            "registered-registered_on": str(clock.now().date()),
            "registered-how": "portal",
        },
        follow_redirects=True,
    )

    assert "Terdaftar, belum LUNAS" in answer.get_data(as_text=True)
    assert worker.registration is Registration.REGISTERED


def test_a_refusal_of_bpjs_is_recorded_corrected_and_sent_again(
    session: Session, visit, worker: Worker, clerk: User
) -> None:
    visitor = visit(clerk)
    refused = visitor.submit(
        f"{_file(worker)}/ditolak",
        **{"refused-reason": "Nama tidak sesuai KTP"},
        follow_redirects=True,
    )
    assert "BPJS menolak datanya: Nama tidak sesuai KTP" in refused.get_data(as_text=True)

    again = visitor.submit(f"{_file(worker)}/ditolak", **{"corrected": "1"}, follow_redirects=True)

    assert "Belum didaftarkan ke BPJS" in again.get_data(as_text=True)
    assert "Data diperbaiki, menunggu didaftarkan lagi" in again.get_data(as_text=True)


def _file(worker: Worker) -> str:
    return f"/kantor/pekerja/{worker.id}"


def _who(session: Session, worker: Worker, role: RoleName) -> User:
    if role is RoleName.SUPERVISOR:
        assert worker.agent is not None
        assert worker.agent.supervisor is not None
        return worker.agent.supervisor
    return make_user(session, role, office_id=worker.office_id)
