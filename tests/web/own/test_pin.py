"""A debit that needs a PIN: the worker is led to the provider's page, and the agent helps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agentsys.payments.debit_models import DebitState
from tests.payments.mandates.auto import AutoDebit, agreed
from tests.web.own.phone import Phone

BUTTON = re.compile(r'href="(https://pin\.example/[^"]+)"')


@pytest.fixture
def asked(auto: AutoDebit) -> AutoDebit:
    """The provider asks for a PIN, for five minutes."""
    agreed(auto)
    auto.account.wants_pin = True
    auto.until(date(2026, 11, 9))
    auto.now.move_to(datetime(2026, 11, 10, 3, tzinfo=UTC))
    auto.make()
    assert auto.debit.state is DebitState.CALLING
    return auto


def test_the_worker_gets_a_button_to_the_page_for_the_pin(asked: AutoDebit, phone: Phone) -> None:
    page = phone.page()

    assert BUTTON.findall(page) == [f"https://pin.example/{asked.channel.calls[-1]}"]
    assert "sebelum 11.05 WITA" in page
    assert "Jangan membayar bulan itu" not in page


def test_back_from_the_page_for_the_pin_the_provider_is_asked_at_once(
    asked: AutoDebit, phone: Phone
) -> None:
    asked.channel.enter_pin(asked.channel.calls[-1])
    phone.browser.get(f"{phone.path}/kembali")
    asked.ask_about_payments()
    asked.look()

    assert asked.debit.state is DebitState.COLLECTED
    assert BUTTON.search(phone.page()) is None


def test_without_time_left_there_is_no_button(asked: AutoDebit, phone: Phone) -> None:
    asked.now.shift(timedelta(minutes=6))

    assert BUTTON.search(phone.page()) is None


def test_the_agent_gets_a_message_with_the_page_for_the_pin(
    asked: AutoDebit, phone: Phone, visit: Any
) -> None:
    browser = visit(asked.world.agent.user)
    page = browser.get(f"/pekerja/{asked.world.worker.id}").get_data(as_text=True)
    messages = browser.get("/kabar-debit").get_data(as_text=True)
    today = browser.get("/hari-ini").get_data(as_text=True)

    assert "meminta PIN pekerja sebelum 11.05 WITA" in page
    assert f"https://pin.example/{asked.channel.calls[-1]}" in page
    assert "Penyedia meminta PIN pekerja" in messages
    assert "1 pesan debit belum dikirim" in today
