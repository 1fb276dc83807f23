"""The page of one payment, and asking its provider once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts
from agentsys.payments.models import Case, Outcome, StoredCallback
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from agentsys.runtime import KEY
from tests.factories import make_office, make_user
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker with bills."""
    return World.build(session, vault)


@pytest.fixture
def wallet(app: Flask, world: World) -> Iterator[DictPay]:
    """The world's wallet, installed."""
    channels = app.extensions[KEY].registry.channels
    channels[world.wallet.name] = world.wallet
    yield world.wallet
    del channels[world.wallet.name]


def page_of(payment_id: int) -> str:
    """The address of a payment's page."""
    return f"/keuangan/pembayaran/{payment_id}"


def test_a_payment_that_was_given_up_is_asked_about_when_finance_wants_it(
    world: World, wallet: DictPay, visit: Any
) -> None:
    payment = world.ask()
    world.report(payment, P.EXPIRED)
    wallet.says(payment.reference, P.SETTLED, PRICE)
    finance = visit(world.finance)

    answer = finance.submit(f"{page_of(payment.id)}/tanya")
    asked = finance.get(page_of(payment.id)).get_data(as_text=True)
    jobs.ask_providers()
    world.session.expire_all()

    assert "Penyedia sedang ditanya." in asked
    assert "data-poll" in asked
    assert answer.location == page_of(payment.id)
    assert payment.state is P.SETTLED
    page = finance.get(page_of(payment.id)).get_data(as_text=True)
    assert payment.reference in page
    assert world.worker.name in page
    assert "Dibayar terlambat" in page
    assert "payment.asked" in world.session.scalars(select(AuditEvent.action)).all()


def test_settled_money_that_the_provider_took_back_is_found_out_by_asking(
    world: World, wallet: DictPay, visit: Any
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    wallet.says(payment.reference, P.REFUNDED, PRICE)

    visit(world.finance).submit(f"{page_of(payment.id)}/tanya")
    jobs.ask_providers()
    world.session.expire_all()

    assert payment.state is P.REFUNDED


def test_nobody_can_be_asked_about_cash(world: World, visit: Any) -> None:
    payment = world.collect(world.months[:1])
    finance = visit(world.finance)

    assert "/tanya" not in finance.get(page_of(payment.id)).get_data(as_text=True)
    assert finance.submit(f"{page_of(payment.id)}/tanya").status_code == 404


def test_a_payment_is_found_by_its_number_without_any_callback(world: World, visit: Any) -> None:
    payment = world.ask()
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    path = f"/keuangan/kabar?q={payment.reference}"

    assert page_of(payment.id) in visit(world.finance).get(path).get_data(as_text=True)
    assert page_of(payment.id) not in visit(stranger).get(path).get_data(as_text=True)


def test_a_payments_page_links_all_that_hangs_on_it(world: World, visit: Any) -> None:
    payment = world.ask(2)
    world.report(payment, P.SETTLED)
    made = batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )
    stored = StoredCallback(
        channel="gopay",
        digest=b"1",
        reference=payment.reference,
        headers={},
        body=b"{}",
        received_at=payment.created_at,
        outcome=Outcome.MOVED,
        processed_at=payment.created_at,
    )
    world.session.add(stored)
    world.session.flush()
    assert payment.receipt is not None

    page = visit(world.finance).get(page_of(payment.id)).get_data(as_text=True)

    assert f'href="/keuangan/setoran-bpjs/{made.id}"' in page
    assert f'href="/keuangan/kabar/{stored.id}"' in page
    assert payment.receipt.number in page
    assert payment.receipt.code in page
    assert accounts.OWED_BPJS in page
    assert page.count("Rp33.600") >= 3  # the sum, the debit and the credit


def test_a_payments_page_goes_back_to_the_case_or_callback_that_led_to_it(
    world: World, visit: Any
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE + 1)
    case = world.session.scalars(select(Case)).one()
    finance = visit(world.finance)

    def back(query: str) -> str:
        page = finance.get(f"{page_of(payment.id)}?{query}").get_data(as_text=True)
        found = re.search(r'class="back"[^>]*href="([^"]+)"', page) or re.search(
            r'href="([^"]+)"[^>]*class="back"', page
        )
        assert found is not None
        return found[1]

    assert back(f"case={case.id}") == f"/keuangan/kasus/{case.id}"
    assert back(f"case={case.id + 1}") == "/keuangan/kabar"
    assert back("case=x&callback=-1") == "/keuangan/kabar"
