"""A debit that could not be made is paid by the worker, without waiting for the agent's visit."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from agentsys.extension.contract import PaymentState
from agentsys.payments.debit_models import DebitState
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.payments.models import Payment
from agentsys.runtime import KEY
from tests.payments.mandates.account import DictDebit
from tests.payments.mandates.auto import AutoDebit, agreed
from tests.web.own.phone import Phone

BUTTON = "Bayar sekarang"
VISIT = "Kunjungi pekerja: debit tidak berhasil"


@pytest.fixture
def asked(auto: AutoDebit, app: Flask) -> Iterator[AutoDebit]:
    """The provider asks for a PIN; the wallet that asks its owner to pay is installed as well."""
    agreed(auto)
    auto.account.wants_pin = True
    auto.until(date(2026, 11, 9))
    auto.now.move_to(datetime(2026, 11, 10, 3, tzinfo=UTC))
    auto.make()
    channels = app.extensions[KEY].registry.channels
    wallet = auto.world.wallet
    channels[wallet.name] = wallet
    yield auto
    del channels[wallet.name]


@pytest.fixture
def missed(asked: AutoDebit, monkeypatch: pytest.MonkeyPatch) -> AutoDebit:
    """Nobody entered the PIN in time, so the debit was given up."""
    monkeypatch.setattr(DictDebit, "by_hand", asked.world.wallet.name)
    asked.now.shift(timedelta(minutes=6))
    asked.channel.forget_pin(asked.channel.calls[-1])
    asked.ask_about_payments()
    asked.look()
    assert asked.debit.state is DebitState.GIVEN_UP
    return asked


def pay(phone: Phone, address: str, auto: AutoDebit) -> Any:
    """Press the button of the page for paying, with what is chosen there."""
    return phone.browser.submit(
        address.partition("?")[0],
        key=secrets.token_hex(8),
        months=[f"{month:%Y-%m}" for month in auto.world.months],
        channel=auto.world.wallet.name,
    )


def newest(auto: AutoDebit) -> Payment:
    auto.world.session.expire_all()
    return auto.world.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def pay_links(auto: AutoDebit) -> int:
    count = select(func.count()).where(PayLink.kind == LinkKind.PAY)
    return auto.world.session.scalar(count) or 0


def test_the_button_leads_to_the_page_for_paying_with_months_and_wallet_chosen(
    missed: AutoDebit, phone: Phone
) -> None:
    page = phone.page()
    answer = phone.press("bayar")
    chosen = phone.browser.get(answer.location).get_data(as_text=True)

    assert BUTTON in page
    assert "Rp50.400" in page
    assert "meminta PIN" in page
    assert "Bayar Rp50.400" in chosen
    assert re.search(r'value="dictpay"\s+checked', chosen)


def test_once_it_is_paid_nobody_needs_to_visit(missed: AutoDebit, phone: Phone, visit: Any) -> None:
    agent = visit(missed.world.agent.user)
    finance = visit(missed.world.finance)
    address = f"/pekerja/{missed.world.worker.id}"
    to_visit = "/keuangan/debit?tab=to_visit"
    before = [agent.get(address), agent.get("/hari-ini"), finance.get(to_visit)]
    pay(phone, phone.press("bayar").location, missed)
    missed.world.report(newest(missed), PaymentState.SETTLED)
    after = [agent.get(address), agent.get("/hari-ini"), finance.get(to_visit)]

    seen = [page.get_data(as_text=True) for page in (*before, *after)]
    assert [VISIT in seen[0], VISIT in seen[3]] == [True, False]
    assert ["perlu bertindak" in seen[1], "perlu bertindak" in seen[4]] == [True, False]
    assert ["Perlu PIN" in seen[2], "Perlu PIN" in seen[5]] == [True, False]
    assert BUTTON not in phone.page()
    assert missed.paid() == 3


def test_cash_ends_the_visit_as_well(missed: AutoDebit, phone: Phone, visit: Any) -> None:
    missed.world.collect(missed.world.months)

    page = visit(missed.world.agent.user).get(f"/pekerja/{missed.world.worker.id}")
    assert VISIT not in page.get_data(as_text=True)
    assert BUTTON not in phone.page()


def test_while_the_debit_is_under_way_there_is_no_button_and_no_second_attempt(
    asked: AutoDebit, phone: Phone
) -> None:
    page = phone.page()
    answer = pay(phone, phone.press("bayar").location, asked)

    assert BUTTON not in page
    assert answer.status_code == 422
    assert "sedang diproses" in answer.get_data(as_text=True)
    assert newest(asked).mandate_id is not None


def test_paying_twice_makes_one_payment_and_one_link(missed: AutoDebit, phone: Phone) -> None:
    first = pay(phone, phone.press("bayar").location, missed)
    made = newest(missed).id
    again = pay(phone, phone.press("bayar").location, missed)

    assert [first.status_code, again.status_code] == [302, 302]
    assert newest(missed).id == made
    assert pay_links(missed) == 1


def test_another_debit_that_is_planned_pays_it_without_the_button(
    missed: AutoDebit, phone: Phone
) -> None:
    missed.account.wants_pin = False
    missed.now.move_to(datetime(2026, 12, 2, 3, tzinfo=UTC))
    missed.look()

    assert missed.debit.state in (DebitState.PLANNED, DebitState.ANNOUNCED)
    assert BUTTON not in phone.page()


def test_a_button_that_was_left_open_pays_nothing_twice(missed: AutoDebit, phone: Phone) -> None:
    missed.world.collect(missed.world.months)
    answer = phone.press("bayar")
    page = phone.browser.get(answer.location).get_data(as_text=True)

    assert "Iuran sudah dibayar" in page


def test_staff_cannot_press_the_button(missed: AutoDebit, phone: Phone, visit: Any) -> None:
    agent = visit(missed.world.agent.user)

    assert agent.submit(f"{phone.path}/bayar").status_code == 409
    assert pay_links(missed) == 0
