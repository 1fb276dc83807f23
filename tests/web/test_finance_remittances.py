"""Pages of batches for BPJS, from making them to the result PAID."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.listing import request as list_request
from agentsys.payments import gateway_payouts
from agentsys.payments.models import Case
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_contribution, make_office, make_user, make_worker, nik_of
from tests.payments.world import PRICE, World

LIST = "/keuangan/setoran-bpjs"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker paid two months through a provider, and the money is in the bank."""
    found = World.build(session, vault, months=2)
    found.report(found.ask(2), PaymentState.SETTLED)
    gateway_payouts.record_payout(
        session,
        provider="dict",
        bank_ref="FT-1",
        amount_idr=2 * PRICE,
        fee_idr=0,
        actor_id=found.finance.id,
    )
    return found


@pytest.fixture
def batch(world: World) -> Remittance:
    """Both months in a batch."""
    return batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )


@pytest.fixture
def coded(world: World, batch: Remittance) -> Remittance:
    """The batch with its kode iuran."""
    return batches.set_code(
        world.session, remittance_id=batch.id, kode_iuran="2611 0001", actor_id=world.finance.id
    )


def _states(session: Session) -> set[ContributionState]:
    session.expire_all()
    return set(session.scalars(select(Contribution.state)))


def test_what_is_ready_becomes_a_batch(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    before = finance.get(LIST).get_data(as_text=True)

    answer = finance.submit(LIST, office_id=world.agent.office_id)

    assert "Rp33.600" in before
    made = world.session.scalars(select(Remittance)).one()
    assert answer.location == f"{LIST}/{made.id}"
    assert (made.count, made.amount_idr) == (2, 2 * PRICE)
    page = finance.get(answer.location).get_data(as_text=True)
    assert world.worker.name in page
    assert world.worker.nik_masked in page


def test_an_empty_batch_is_refused_with_what_it_waits_for(
    world: World, batch: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)

    answer = finance.submit(LIST, office_id=world.agent.office_id)

    assert answer.status_code == 302
    page = finance.get(answer.location).get_data(as_text=True)
    assert "menunggu setoran agen dikonfirmasi" in page
    assert world.session.scalars(select(Remittance)).all() == [batch]


def test_a_code_is_noted_and_can_be_corrected(world: World, batch: Remittance, visit: Any) -> None:
    finance = visit(world.finance)

    finance.submit(f"{LIST}/{batch.id}/kode", kode_iuran="2611 0001")
    first = batch.kode_iuran
    finance.submit(f"{LIST}/{batch.id}/kode", kode_iuran="26110002")

    assert (first, batch.kode_iuran) == ("26110001", "26110002")
    assert batch.state is RemittanceState.CODED


def test_a_code_of_another_batch_is_refused_and_stays_on_the_page(
    world: World, coded: Remittance, visit: Any
) -> None:
    other_worker = make_worker(world.session, world.vault, agent=world.agent)
    make_contribution(world.session, other_worker, world.months[0])
    world.worker = other_worker
    world.report(world.ask(1), PaymentState.SETTLED)
    other = batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )

    answer = visit(world.finance).submit(f"{LIST}/{other.id}/kode", kode_iuran="26110001")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"sudah dipakai untuk setoran nomor {coded.id}" in page
    assert 'value="26110001"' in page
    assert other.kode_iuran is None


def test_a_pasted_paid_line_confirms_the_batch(world: World, coded: Remittance, visit: Any) -> None:
    pasted = "KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n26110001\tPAID\t33.600\tNTPN-9\n"

    answer = visit(world.finance).submit(f"{LIST}/{coded.id}/hasil", results=pasted)

    assert answer.status_code == 302
    assert coded.state is RemittanceState.CONFIRMED
    assert coded.bpjs_ref == "NTPN-9"
    assert _states(world.session) == {ContributionState.CONFIRMED}


def test_an_uploaded_csv_confirms_the_batch(world: World, coded: Remittance, visit: Any) -> None:
    content = b"KODE IURAN;STATUS;JUMLAH\r\n26110001;LUNAS;33600\r\n"

    answer = visit(world.finance).submit(
        f"{LIST}/{coded.id}/hasil", file=(io.BytesIO(content), "hasil.csv")
    )

    assert answer.status_code == 302
    assert coded.state is RemittanceState.CONFIRMED


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("26110001\tUNPAID\t33.600", "Belum dibayar"),
        ("26110001\tPAID\t33.000", "Jumlah berbeda"),
        ("99990000\tPAID\t33.600", "Kode tak dikenal"),
    ],
)
def test_a_line_that_does_not_fit_is_shown_and_confirms_nothing(
    world: World, coded: Remittance, visit: Any, line: str, label: str
) -> None:
    answer = visit(world.finance).submit(
        f"{LIST}/{coded.id}/hasil", results=f"KODE IURAN\tSTATUS\tJUMLAH\n{line}\n"
    )

    page = answer.get_data(as_text=True)
    assert label in page
    assert line in page
    assert coded.state is RemittanceState.CODED


def test_an_unreadable_paste_says_what_is_missing(
    world: World, coded: Remittance, visit: Any
) -> None:
    answer = visit(world.finance).submit(f"{LIST}/{coded.id}/hasil", results="sudah lunas semua")

    assert answer.status_code == 422
    assert "Baris judul tidak ditemukan" in answer.get_data(as_text=True)
    assert "sudah lunas semua" in answer.get_data(as_text=True)


def test_a_batch_without_a_code_is_taken_apart_once(
    world: World, batch: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)

    answer = finance.submit(f"{LIST}/{batch.id}/bongkar")
    again = finance.submit(f"{LIST}/{batch.id}/bongkar")

    assert answer.location == LIST
    assert batch.state is RemittanceState.CANCELLED
    assert _states(world.session) == {ContributionState.COLLECTED}
    assert "Data sudah berubah" in finance.get(again.location).get_data(as_text=True)


def test_a_coded_batch_is_taken_apart_by_the_second_person(
    world: World, coded: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    other = visit(make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id))
    page = f"{LIST}/{coded.id}"

    finance.submit(f"{page}/usul-bongkar", reason="Kode kedaluwarsa")

    assert "/bongkar" not in finance.get(page).get_data(as_text=True)
    assert finance.submit(f"{page}/bongkar").status_code == 403
    asked = other.get(page).get_data(as_text=True)
    assert asked.index("Kode kedaluwarsa") < asked.index("Iuran dalam setoran ini")
    assert "Bayar di bank" not in asked
    assert other.submit(f"{page}/bongkar").location == LIST
    assert coded.state is RemittanceState.CANCELLED
    assert world.finance.name in other.get(page).get_data(as_text=True)


def test_a_coded_batch_is_not_taken_apart_without_a_reason_and_can_be_kept(
    world: World, coded: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    page = f"{LIST}/{coded.id}"

    finance.submit(f"{page}/usul-bongkar", reason="")
    assert coded.state is RemittanceState.CODED
    finance.submit(f"{page}/usul-bongkar", reason="Kode kedaluwarsa")
    finance.submit(f"{page}/batal-bongkar")

    assert coded.state is RemittanceState.CODED


def test_a_paid_line_for_a_cancelled_batch_is_a_case_that_only_its_office_sees(
    world: World, coded: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    second = make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)
    finance.submit(f"{LIST}/{coded.id}/usul-bongkar", reason="Kode kedaluwarsa")
    visit(second).submit(f"{LIST}/{coded.id}/bongkar")

    answer = finance.submit(
        f"{LIST}/{coded.id}/hasil", results="KODE IURAN\tSTATUS\tJUMLAH\n26110001\tPAID\t33.600\n"
    )

    assert "Jangan bayar iurannya lagi" in answer.get_data(as_text=True)
    case = world.session.scalars(select(Case)).one()
    listed = finance.get("/keuangan/kasus").get_data(as_text=True)
    page = finance.get(f"/keuangan/kasus/{case.id}").get_data(as_text=True)
    assert f"Setoran #{coded.id}" in listed
    assert "remittance:" not in listed + page
    assert "Kode kedaluwarsa" in page
    assert f'href="{LIST}/{coded.id}"' in page
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    assert visit(stranger).get(f"/keuangan/kasus/{case.id}").status_code == 404


def _sheet(answer: Any) -> list[list[Any]]:
    content = io.BytesIO(answer.get_data())
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def test_the_list_for_eps_has_whole_niks_and_its_export_is_recorded(
    world: World, batch: Remittance, visit: Any
) -> None:
    world.worker.name = "=1+1"

    rows = _sheet(visit(world.finance).get(f"{LIST}/{batch.id}/daftar.xlsx"))

    nik = nik_of(world.vault, world.worker)
    assert [row[0] for row in rows[3:]] == [nik, nik]
    assert rows[3][2] == "=1+1"
    assert [row[-1] for row in rows[3:]] == [PRICE, PRICE]
    event = world.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "remittance.exported")
    ).one()
    assert event.actor_id == world.finance.id
    assert event.details == {"count": 2, "whole_nik": True}


def test_an_auditor_gets_masked_niks(world: World, batch: Remittance, visit: Any) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    rows = _sheet(auditor.get(f"{LIST}/{batch.id}/daftar.xlsx"))

    assert [row[0] for row in rows[3:]] == [world.worker.nik_masked] * 2


def test_a_batch_of_another_office_is_like_none(
    world: World, batch: Remittance, visit: Any
) -> None:
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    for key in (batch.id, 999_999):
        assert stranger.get(f"{LIST}/{key}").status_code == 404
        assert stranger.get(f"{LIST}/{key}/daftar.xlsx").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/kode", kode_iuran="2611").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/hasil", results="x").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/bongkar").status_code == 404
    assert stranger.submit(LIST, office_id=world.agent.office_id).status_code == 404
    assert batch.state is RemittanceState.OPEN


def test_a_long_batch_is_shown_page_by_page(
    world: World, batch: Remittance, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)
    first = finance.get(f"{LIST}/{batch.id}").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None

    second = finance.get(unescape(following[1])).get_data(as_text=True)

    assert "1 dari 2" in first
    assert "2 dari 2" in second
    assert 'rel="next"' not in second
    assert world.worker.nik_masked in second
    assert "1 dari 2" in finance.get(f"{LIST}/{batch.id}?page=x:y").get_data(as_text=True)
