"""The page of repayments to workers, and the forms for unexplained money."""

from __future__ import annotations

import importlib
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.listing import request as list_request
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people.models import RoleName, User
from agentsys.transfers.models import Transfer, TransferState
from tests.factories import make_contribution, make_office, make_user, make_worker
from tests.payments.world import PRICE, World

PAGE = "/keuangan/hak-pekerja"
PAYOUTS = "/keuangan/pencairan"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker paid one month twice, and the bank has money."""
    found = World.build(session, vault)
    for payment in (found.ask(), found.ask()):
        found.report(payment, PaymentState.SETTLED)
    record_own_funds(
        session,
        office_id=found.office_id,
        bank_ref="MODAL",
        amount_idr=90_000,
        actor_id=found.finance.id,
    )
    return found


@pytest.fixture
def second(world: World) -> User:
    """Another person in finance of the same office."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)


def _form(world: World, **changed: str) -> dict[str, str]:
    return {
        "account": accounts.owed_to_worker(world.worker.id),
        "amount_idr": "16.800",
        "bank_ref": "FT-1",
        "note": "Siti, BRI",
    } | changed


def test_what_a_worker_is_owed_is_listed_proposed_and_booked_by_another(
    world: World, second: User, visit: Any
) -> None:
    finance, other = visit(world.finance), visit(second)
    listed = finance.get(PAGE).get_data(as_text=True)

    finance.submit(PAGE, **_form(world))

    transfer = world.session.scalars(select(Transfer)).one()
    assert world.worker.name in listed
    assert "Rp16.800" in listed
    assert 'value="16.800"' in listed
    assert "Bukukan" not in finance.get(PAGE).get_data(as_text=True)
    assert "Bukukan" in other.get(PAGE).get_data(as_text=True)
    assert "Bukukan" in other.get("/keuangan/kasus").get_data(as_text=True)
    booking = {"transfer_id": transfer.id, "action": "book"}
    assert finance.submit("/keuangan/transfer", **booking).status_code == 403
    assert other.submit("/keuangan/transfer", **booking).location == PAGE
    assert transfer.state is TransferState.BOOKED
    assert world.worker.name not in other.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amount_idr": "20.000"}, "terlalu banyak"),
        ({"bank_ref": ""}, "Wajib diisi."),
        ({"note": ""}, "Wajib diisi."),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_and_stays_on_the_page(
    world: World, visit: Any, changed: dict[str, str], sentence: str
) -> None:
    answer = visit(world.finance).submit(PAGE, **_form(world, **changed))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{_form(world, **changed)["amount_idr"]}"' in page
    assert world.session.scalars(select(Transfer)).all() == []


def test_another_office_sees_and_decides_nothing(world: World, visit: Any) -> None:
    visit(world.finance).submit(PAGE, **_form(world))
    transfer = world.session.scalars(select(Transfer)).one()
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    page = stranger.get(PAGE).get_data(as_text=True)
    answers = [
        stranger.submit("/keuangan/transfer", transfer_id=transfer.id, action="book"),
        stranger.submit("/keuangan/transfer", transfer_id=transfer.id, action="burn"),
        stranger.submit(PAGE, **_form(world)),
    ]

    assert world.worker.name not in page
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_an_auditor_sees_and_proposes_nothing(world: World, visit: Any) -> None:
    page = visit(make_user(world.session, RoleName.AUDITOR)).get(PAGE).get_data(as_text=True)

    assert world.worker.name in page
    assert "Usulkan" not in page


def _following(page: str) -> str:
    found = re.search(r'href="([^"]+)" rel="next"', page)
    assert found is not None
    return unescape(found[1])


def test_the_list_goes_on_page_by_page(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.worker
    world.worker = make_worker(world.session, world.vault, agent=world.agent, name="Tono")
    make_contribution(world.session, world.worker, world.months[0])
    for payment in (world.ask(), world.ask()):
        world.report(payment, PaymentState.SETTLED)
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)

    page = finance.get(PAGE).get_data(as_text=True)
    rest = finance.get(_following(page)).get_data(as_text=True)

    assert first.name in page
    assert "Tono" not in page
    assert "Tono" in rest
    assert 'rel="next"' not in rest
    assert "Tono" not in finance.get(f"{PAGE}?page=x").get_data(as_text=True)


def test_what_is_refused_is_still_in_the_form_on_the_page_that_the_worker_is_on(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.worker = make_worker(world.session, world.vault, agent=world.agent, name="Tono")
    make_contribution(world.session, world.worker, world.months[0])
    for payment in (world.ask(), world.ask()):
        world.report(payment, PaymentState.SETTLED)
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)
    page = finance.get(_following(finance.get(PAGE).get_data(as_text=True))).get_data(as_text=True)
    action = re.search(rf'action="({PAGE}\?[^"]*)"', page)
    assert action is not None

    answer = finance.submit(unescape(action[1]), **_form(world, amount_idr="20.000"))

    again = answer.get_data(as_text=True)
    assert "terlalu banyak" in again
    assert 'value="20.000"' in again
    assert 'value="FT-1"' in again


def test_a_return_of_unexplained_money_is_not_hidden_behind_those_of_workers(
    world: World, second: User, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finance = visit(world.finance)
    finance.submit(PAGE, **_form(world))
    odd = {"odd_provider": "dict", "odd_idr": "5.000", "odd_reason": "Pesanan lain"}
    finance.submit("/keuangan/uang-tak-dikenal", **odd)
    unexplained = world.session.scalars(select(Unexplained)).one()
    finance.submit(
        "/keuangan/uang-tak-dikenal/kembali",
        unexplained_id=unexplained.id,
        bank_ref="FT-ODD",
        note="Toko sebelah",
    )
    monkeypatch.setattr(importlib.import_module("agentsys.web.finance.transfers"), "MOST", 1)

    page = visit(second).get(PAYOUTS).get_data(as_text=True)

    assert "FT-ODD" in page


def test_unexplained_money_is_booked_and_given_back_by_two(
    world: World, second: User, visit: Any
) -> None:
    finance, other = visit(world.finance), visit(second)

    finance.submit(
        "/keuangan/uang-tak-dikenal", odd_provider="dict", odd_idr="5.000", odd_reason="LAIN-7"
    )
    found = world.session.scalars(select(Unexplained)).one()
    assert "LAIN-7" in other.get(PAYOUTS).get_data(as_text=True)
    finance.submit(
        "/keuangan/uang-tak-dikenal/kembali",
        unexplained_id=found.id,
        bank_ref="FT-7",
        note="Toko sebelah",
    )
    transfer = world.session.scalars(select(Transfer)).one()
    assert "Toko sebelah" in other.get(PAYOUTS).get_data(as_text=True)
    answer = other.submit("/keuangan/transfer", transfer_id=transfer.id, action="book")

    assert answer.location == PAYOUTS
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 85_000
    assert "LAIN-7" not in other.get(PAYOUTS).get_data(as_text=True)


def test_unexplained_money_that_is_explained_leaves_the_list(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    finance.submit(
        "/keuangan/uang-tak-dikenal", odd_provider="dict", odd_idr="5.000", odd_reason="LAIN-7"
    )
    found = world.session.scalars(select(Unexplained)).one()

    for note in ("", "AG-1"):
        finance.submit("/keuangan/uang-tak-dikenal/jelas", unexplained_id=found.id, note=note)

    assert found.note == "AG-1"
    assert journal.balance(world.session, accounts.clearing("dict", world.office_id)) == 2 * PRICE


def test_unexplained_money_without_a_reason_is_not_booked(world: World, visit: Any) -> None:
    finance = visit(world.finance)

    answer = finance.submit("/keuangan/uang-tak-dikenal", odd_provider="dict", odd_idr="5.000")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Wajib diisi." in page
    assert 'value="5.000"' in page
    assert world.session.scalars(select(Unexplained)).all() == []
