"""Pages of batches for BPJS, from making them to the result PAID."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select

from agentsys.contributions.models import ContributionState
from agentsys.extension.contract import PaymentState
from agentsys.remittances import batches
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_contribution, make_worker
from tests.payments.world import PRICE, World
from tests.web.remittances.lines import states

LIST = "/keuangan/setoran-bpjs"


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
    assert states(world.session) == {ContributionState.CONFIRMED}


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
