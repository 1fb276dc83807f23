"""The pages about registration at BPJS, benefits, heirs and claims."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.benefits.models import Claim, ClaimState, Heir
from agentsys.crypto import Vault
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import Registration
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker, nik_of

REGISTRATION = "/kantor/pekerja/pendaftaran"

pytestmark = pytest.mark.made_up_books


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker of an agent, in a kelurahan."""
    return make_worker(session, vault, agent=make_agent(session), kelurahan="Loktuan", job="=Tani")


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance of the worker's office."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_who_waits_is_listed_copied_and_exported_with_the_whole_nik(
    session: Session, vault: Vault, visit: Any, worker: Worker, clerk: User
) -> None:
    visitor = visit(clerk)

    page = visitor.get(REGISTRATION).get_data(as_text=True)
    sheet = visitor.submit(f"/kantor/pekerja/{worker.id}/lembar-salin").get_data(as_text=True)
    written = visitor.get(f"{REGISTRATION}/daftar.csv").get_data().decode("utf-8-sig")
    book = visitor.get(f"{REGISTRATION}/daftar.xlsx")

    nik = nik_of(vault, worker)
    assert worker.name in page
    assert nik not in page
    assert nik in sheet
    [heading, row] = list(csv.reader(io.StringIO(written)))
    assert heading[:3] == ["NIK", "Nama", "No. KK"]
    assert (row[0], row[11]) == (nik, "'=Tani")
    assert book.status_code == 200
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[1:] == ["nik.revealed", "registration.exported", "registration.exported"]


def test_answers_are_pasted_and_what_was_not_recorded_says_why(
    vault: Vault, visit: Any, worker: Worker, clerk: User
) -> None:
    table = f"NIK;KPJ;STATUS\n{nik_of(vault, worker)};21012345678;TERDAFTAR\n123;;TERDAFTAR\n"

    page = visit(clerk).submit(f"{REGISTRATION}/jawaban", table=table).get_data(as_text=True)

    assert "1 KPJ dicatat." in page
    assert "Baris 3: NIK atau KPJ tidak terbaca." in page
    assert worker.registration is Registration.REGISTERED


def test_a_refusal_goes_to_the_agent_and_comes_back_corrected(
    session: Session, visit: Any, worker: Worker, clerk: User
) -> None:
    assert worker.agent is not None
    visit(clerk).submit(
        f"/kantor/pekerja/{worker.id}/ditolak", **{"refused-reason": "Nama tidak sesuai KTP"}
    )
    agent = visit(session.get_one(User, worker.agent.user_id))

    inbox = agent.get(f"/pekerja/{worker.id}").get_data(as_text=True)
    agent.submit(f"/pekerja/{worker.id}/diperbaiki", note="Nama sesuai KTP")

    assert "BPJS menolak datanya: Nama tidak sesuai KTP" in inbox
    assert (worker.registration, worker.refused_at) == (Registration.WAITING, None)


@pytest.mark.parametrize("whose", ["office", "agent"])
def test_heirs_are_recorded_and_removed(
    session: Session, visit: Any, worker: Worker, clerk: User, whose: str
) -> None:
    assert worker.agent is not None
    who = clerk if whose == "office" else session.get_one(User, worker.agent.user_id)
    place = "/kantor/pekerja" if whose == "office" else "/pekerja"
    visitor, path = visit(who), f"{place}/{worker.id}/ahli-waris"

    visitor.submit(path, name="Sari", relation="spouse", phone="0812 3456 7890")
    heir = session.scalars(select(Heir)).one()
    shown = visitor.get(path).get_data(as_text=True)
    wrong = visitor.submit(path, name="Budi", relation="child", phone="12")
    visitor.submit(f"{path}/hapus", heir=heir.id)

    assert "Sari" in shown
    assert "Suami atau istri · +6281234567890" in shown
    assert wrong.status_code == 422
    assert 'value="Budi"' in wrong.get_data(as_text=True)
    assert heir.removed_by == who.id


def test_benefits_are_explained_to_office_agent_and_worker(
    session: Session, visit: Any, client: Any, worker: Worker, clerk: User
) -> None:
    assert worker.agent is not None
    make_contribution(session, worker, payment_id=1, remittance_id=1, confirmed_at=clock.now())
    link = PayLink(
        token="own-link",
        kind=LinkKind.OWN,
        worker_id=worker.id,
        expires_at=clock.now() + timedelta(days=1),
    )
    session.add(link)
    session.flush()
    own = client.get("/saya/own-link/manfaat").get_data(as_text=True)
    office = visit(clerk).get(f"/kantor/pekerja/{worker.id}/manfaat").get_data(as_text=True)
    agent = visit(session.get_one(User, worker.agent.user_id))
    agents = agent.get(f"/pekerja/{worker.id}/manfaat").get_data(as_text=True)

    for page in (office, agents, own):
        assert "Hari ini keluarga menerima Rp10.000.000." in page
        assert "Rp42.000.000" in page
        assert "dari berita, pastikan ke BPJS" in page
        assert "telepon 175" in page
    assert "Rp70.000.000" in office
    assert "Rp70.000.000" not in own


def test_a_claim_is_followed_on_its_page(
    session: Session, visit: Any, worker: Worker, clerk: User
) -> None:
    visitor = visit(clerk)
    made = visitor.submit(
        f"/kantor/pekerja/{worker.id}/klaim", kind="accident_death", happened_on="2026-11-01"
    )
    claim = session.scalars(select(Claim)).one()
    path = f"/kantor/pekerja/klaim/{claim.id}"

    first = visitor.get(path).get_data(as_text=True)
    visitor.submit(path, action="hand_in")
    wrong = visitor.submit(path, action="paid", note="lunas")
    visitor.submit(path, action="paid", amount_idr="70.000.000", paid_on="2026-11-20")
    listed = visitor.get("/kantor/pekerja/klaim?tab=paid").get_data(as_text=True)

    assert made.location.endswith(path)
    assert "Surat keterangan ahli waris" in first
    assert wrong.status_code == 422
    assert "Isi jumlah yang dibayar BPJS." in wrong.get_data(as_text=True)
    assert (claim.state, claim.paid_on) == (ClaimState.PAID, date(2026, 11, 20))
    assert listed.count("Rp70.000.000") == 2
    assert "Loktuan" in listed
