"""The page of a batch shows its differences with BPJS, and two people settle them there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.people.models import RoleName
from agentsys.remittances.difference_models import DifferenceSettlement, RemittanceDifference
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_user
from tests.payments.world import PRICE, World

LIST = "/keuangan/setoran-bpjs"
PASTED = f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n26110001\tPAID\t{2 * PRICE + 1_200}\tNTPN-9\n"


@pytest.fixture
def differs(world: World, coded: Remittance, visit: Any) -> Remittance:
    """A batch whose payment to BPJS is Rp1.200 more than its contributions."""
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="MODAL",
        amount_idr=10_000,
        actor_id=world.finance.id,
    )
    visit(world.finance).submit(f"{LIST}/{coded.id}/hasil", results=PASTED, note="Tarif lama")
    return coded


def test_another_sum_is_refused_with_the_way_on_and_the_paste_stays(
    world: World, coded: Remittance, visit: Any
) -> None:
    answer = visit(world.finance).submit(f"{LIST}/{coded.id}/hasil", results=PASTED)

    page = answer.get_data(as_text=True)
    assert "Jumlah berbeda" in page
    assert "isi alasannya, lalu cocokkan lagi" in page
    assert "NTPN-9" in page
    assert coded.state is RemittanceState.CODED


def test_with_a_reason_the_batch_is_paid_and_the_page_shows_both_sums(
    world: World, differs: Remittance, visit: Any
) -> None:
    page = visit(world.finance).get(f"{LIST}/{differs.id}").get_data(as_text=True)

    assert differs.state is RemittanceState.CONFIRMED
    assert "BPJS dibayar lebih" in page
    assert "BPJS Rp34.800, kantor Rp33.600" in page
    assert "Tarif lama" in page
    assert "Tarik usul" not in page


def test_one_person_explains_and_another_settles(
    world: World, differs: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    found = world.session.scalars(select(RemittanceDifference)).one()
    finance.submit(
        f"{LIST}/{differs.id}/selisih", difference_id=found.id, way="office", reason="Tarif lama"
    )
    made = world.session.scalars(select(DifferenceSettlement)).one()
    own = finance.get(f"{LIST}/{differs.id}").get_data(as_text=True)
    other = visit(make_user(world.session, RoleName.FINANCE, office_id=world.office_id))
    theirs = other.get(f"{LIST}/{differs.id}").get_data(as_text=True)

    other.submit(f"{LIST}/{differs.id}/selisih/putusan", settlement_id=made.id, action="book")

    assert "Tarik usul" in own
    assert 'value="book"' not in own
    assert 'value="book"' in theirs
    assert found.settled_at is not None
    after = other.get(f"{LIST}/{differs.id}").get_data(as_text=True)
    assert "Ditanggung kantor" in after
    assert 'name="difference_id"' not in after


def test_a_proposal_that_is_refused_keeps_what_was_typed(
    world: World, differs: Remittance, visit: Any
) -> None:
    found = world.session.scalars(select(RemittanceDifference)).one()

    answer = visit(world.finance).submit(
        f"{LIST}/{differs.id}/selisih", difference_id=found.id, way="bank", reason="Sudah kembali"
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Isi nomor referensi" in page
    assert 'value="Sudah kembali"' in page
    assert '<option value="bank" selected>' in page


@pytest.mark.parametrize("sent", [{"difference_id": "x"}, {"difference_id": "9" * 30}])
def test_a_made_up_difference_is_like_none(
    world: World, differs: Remittance, visit: Any, sent: dict[str, str]
) -> None:
    answer = visit(world.finance).submit(
        f"{LIST}/{differs.id}/selisih", way="office", reason="x", **sent
    )

    assert answer.status_code == 404


def test_an_auditor_sees_the_difference_and_no_form(
    world: World, differs: Remittance, visit: Any
) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    page = auditor.get(f"{LIST}/{differs.id}").get_data(as_text=True)

    assert "BPJS dibayar lebih" in page
    assert 'name="difference_id"' not in page
