"""How a channel looks to people: groups, fees, limits, its form, numbers and steps."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments import links
from agentsys.payments.models import Payment, StoredCallback
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from tests.conftest import Visitor
from tests.factories import make_user
from tests.payments.numbers import NumberPay
from tests.payments.world import World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker with bills, and a bank."""
    built = World.build(session, vault)
    built.wallet = NumberPay()
    return built


@pytest.fixture
def bank(app: Flask, world: World) -> Iterator[NumberPay]:
    """The world's bank, installed."""
    registry = app.extensions[KEY].registry
    registry.channels[world.wallet.name] = world.wallet
    registry._providers["angka"] = world.wallet
    assert isinstance(world.wallet, NumberPay)
    yield world.wallet
    del registry.channels[world.wallet.name], registry._providers["angka"]


@pytest.fixture
def payer(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


def pay_page(world: World) -> str:
    link = links.make_link(world.session, worker_id=world.worker.id, actor_id=None)
    world.session.commit()
    return f"/bayar/{link.token}"


def bill(payer: Any, path: str, world: World, *, count: int = 1, phone: str = "0812") -> Any:
    form = {
        "key": secrets.token_hex(8),
        "months": [f"{month:%Y-%m}" for month in world.months[:count]],
        "channel": "numberpay",
        "numberpay.phone": phone,
    }
    return payer.submit(path, **form)


def newest(world: World) -> Payment:
    return world.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def run_jobs(world: World) -> None:
    world.session.commit()
    jobs.ask_providers()
    world.session.expire_all()


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_a_payer_sees_group_fee_and_form_before_choosing(
    world: World, bank: NumberPay, payer: Any
) -> None:
    page = text(payer.get(pay_page(world)))

    assert re.search(r"<summary>.*?Bank<small>Bank Angka</small>", page)
    assert "Bank Angka<small>biaya Rp4.000, sampai Rp40.000</small>" in page
    assert 'name="numberpay.phone" type="tel"' in page
    assert "Yang terdaftar di bank." in page


def test_what_was_typed_reaches_the_channel_and_is_kept_for_the_next_try(
    world: World, bank: NumberPay, payer: Any
) -> None:
    bill(payer, pay_page(world), world)
    run_jobs(world)

    [request] = bank.requests
    assert (request.inputs, request.payer.id) == ({"phone": "0812"}, world.worker.id)
    assert newest(world).inputs == {"phone": "0812"}


def test_a_refused_form_says_why_and_keeps_what_was_typed(
    world: World, bank: NumberPay, payer: Any
) -> None:
    answer = bill(payer, pay_page(world), world, phone="nol delapan")

    assert answer.status_code == 422
    assert "Isi nomor HP dengan angka saja." in text(answer)
    assert 'value="nol delapan"' in text(answer)
    assert world.session.scalars(select(Payment)).all() == []


def test_a_sum_beyond_the_limits_is_refused_with_a_way_out(
    world: World, bank: NumberPay, payer: Any
) -> None:
    answer = bill(payer, pay_page(world), world, count=3)

    assert answer.status_code == 422
    said = "Cara bayar ini menerima Rp10.000 sampai Rp40.000; tagihan ini Rp50.400."
    assert said in text(answer)
    assert "<small>biaya Rp4.000, sampai Rp40.000</small>" in text(answer)


def test_the_payers_page_shows_number_sum_end_and_steps(
    world: World, bank: NumberPay, payer: Any
) -> None:
    path = pay_page(world)
    bill(payer, path, world)
    run_jobs(world)

    page = text(payer.get(path))

    assert (
        "<span>8800</span><wbr><span>1234</span><wbr><span>5678</span><wbr><span>9</span>" in page
    )
    assert 'data-copy="8800123456789"' in page
    assert "Rp20.800" in page
    assert "termasuk biaya penyedia Rp4.000" in page
    assert "<li>Ketik nomornya.</li>" in page
    payment = newest(world)
    assert payment.expires_at is not None
    left = payment.expires_at - payment.created_at
    assert timedelta(hours=23) < left < timedelta(hours=25)
    assert re.search(r"Bayar sebelum \d+ \w+ \d{4}, \d\d\.\d\d WITA", page)


def test_the_page_is_drawn_again_only_when_something_changed(
    world: World, bank: NumberPay, payer: Any
) -> None:
    path = pay_page(world)
    bill(payer, path, world)
    versions = [version(payer, path)]
    run_jobs(world)
    versions += [version(payer, path), version(payer, path)]

    assert versions[0] != versions[1] == versions[2]


def version(payer: Any, path: str) -> str:
    found = re.search(r'data-version="([^"]+)"', text(payer.get(f"{path}/keadaan")))
    assert found
    return found[1]


def test_another_phone_is_another_bill(world: World, bank: NumberPay, payer: Any) -> None:
    path = pay_page(world)
    bill(payer, path, world, phone="0812")
    bill(payer, path, world, phone="0812")
    bill(payer, path, world, phone="0813")

    kept = world.session.scalars(select(Payment).order_by(Payment.id)).all()
    assert [payment.inputs["phone"] for payment in kept] == ["0812", "0813"]


@pytest.mark.parametrize("address", ["/callbacks/numberpay", "/callbacks/angka"])
def test_channel_and_provider_have_an_address_and_the_channels_own_answer(
    world: World, bank: NumberPay, payer: Any, address: str
) -> None:
    bill(payer, pay_page(world), world)
    run_jobs(world)
    reference = newest(world).reference
    bank.says(reference, PaymentState.SETTLED, 16_800)

    answer = payer.post(f"{address}/v1/notify?number=N-7", data=f"honest:{reference}")
    world.session.commit()
    jobs.process_callbacks()
    world.session.expire_all()

    assert (answer.status_code, answer.get_data(as_text=True)) == (200, '{"code": "00"}')
    assert answer.content_type == "application/json"
    assert newest(world).state is PaymentState.SETTLED
    assert bank.by_number == ["N-7"]
    [kept] = world.session.scalars(select(StoredCallback)).all()
    assert (kept.channel, kept.attempt) == ("numberpay", "N-7")
    assert kept.headers["request"] == "POST /v1/notify?number=N-7"


@pytest.mark.parametrize(("method", "status"), [("get", 403), ("put", 405)])
def test_only_the_methods_of_the_channel_are_taken(
    world: World, bank: NumberPay, payer: Any, method: str, status: int
) -> None:
    answer = getattr(payer, method)("/callbacks/numberpay")

    assert answer.status_code == status


def test_a_get_for_a_channel_that_is_posted_to_is_refused(world: World, payer: Any) -> None:
    assert payer.get("/callbacks/cash").status_code == 405


def test_finance_sees_the_terms_of_each_channel(world: World, bank: NumberPay, visit: Any) -> None:
    finance = make_user(world.session, RoleName.FINANCE)

    page = text(visit(finance).get("/keuangan/kanal"))

    assert "Rp10.000 sampai Rp40.000 · berlaku 1 hari · biaya pembayar Rp4.000" in page
    assert "tidak dapat dikembalikan lewat penyedia" in page
