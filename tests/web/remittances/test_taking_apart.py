"""Batches that are taken apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from agentsys.contributions.models import ContributionState
from agentsys.payments.models import Case
from agentsys.people.models import RoleName
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_office, make_user
from tests.payments.world import World
from tests.web.remittances.lines import states

LIST = "/keuangan/setoran-bpjs"


def test_a_batch_without_a_code_is_taken_apart_once(
    world: World, batch: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)

    answer = finance.submit(f"{LIST}/{batch.id}/bongkar")
    again = finance.submit(f"{LIST}/{batch.id}/bongkar")

    assert answer.location == LIST
    assert batch.state is RemittanceState.CANCELLED
    assert states(world.session) == {ContributionState.COLLECTED}
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
