"""What a payment's page says while a provider is asked, and what can be done there."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, jobs
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments import circuit, links, open_payments
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from tests.factories import make_user
from tests.payments.provider import QrPay
from tests.payments.world import World

P = PaymentState


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker with bills."""
    built = World.build(session, vault)
    built.wallet = QrPay()
    return built


@pytest.fixture
def wallet(app: Flask, world: World) -> Iterator[QrPay]:
    """The world's wallet, installed."""
    channels = app.extensions[KEY].registry.channels
    channels[world.wallet.name] = world.wallet
    assert isinstance(world.wallet, QrPay)
    yield world.wallet
    del channels[world.wallet.name]


@pytest.fixture
def worker_runs(session: Session) -> None:
    """A worker process gave a sign of life."""
    session.execute(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())"))


def run_jobs(world: World) -> None:
    world.session.commit()
    jobs.ask_providers()
    world.session.expire_all()


def months(world: World, count: int = 1) -> list[str]:
    return [f"{month:%Y-%m}" for month in world.months[:count]]


def collect(phone: Any, world: World, **changes: object) -> Payment:
    """Collect through the sheet; the newest payment."""
    form = {"key": secrets.token_hex(8), "months": months(world), "channel": world.wallet.name}
    answer = phone.submit(f"/tagih/{world.worker.id}", **(form | changes))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return world.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def status(phone: Any, payment: Payment) -> str:
    return str(phone.get(f"/pembayaran/{payment.id}/keadaan").get_data(as_text=True))


def every(page: str) -> int:
    found = re.search(r'data-every="(\d+)"', page)
    assert found
    return int(found[1])


def test_no_provider_is_asked_before_the_agents_page_is_answered(
    world: World, wallet: QrPay, visit: Any
) -> None:
    phone = visit(world.agent.user)

    payment = collect(phone, world)
    before = status(phone, payment)
    asked_by_pages = dict(wallet.asked)
    run_jobs(world)
    after = status(phone, payment)

    assert asked_by_pages == {}
    assert "Menyiapkan tagihan" in before
    assert every(before) == 700
    assert 'role="img"' in after
    assert "Menyiapkan" not in after


def test_the_page_asks_more_rarely_the_longer_it_takes(
    world: World, wallet: QrPay, worker_runs: None, visit: Any
) -> None:
    phone = visit(world.agent.user)
    payment = collect(phone, world)
    waits = []
    for age in (1, 30, 300):
        with time_machine.travel(payment.created_at + timedelta(seconds=age), tick=False):
            waits.append(every(status(phone, payment)))

    assert waits == [700, 2000, 4000]


def test_a_provider_that_does_not_answer_is_told_and_can_be_tried_again(
    world: World, wallet: QrPay, worker_runs: None, visit: Any
) -> None:
    phone = visit(world.agent.user)
    payment = collect(phone, world)
    wallet.down = True
    run_jobs(world)
    with time_machine.travel(clock.now() + timedelta(seconds=8)):
        page = status(phone, payment)
        wallet.down = False
        phone.submit(f"/pembayaran/{payment.id}/periksa")
        run_jobs(world)

    assert "Penyedia belum menjawab" in page
    assert "Coba lagi" in page
    assert "Batalkan" in page
    assert payment.qr_string == "QR-CONTENT"


def test_without_a_worker_the_page_says_so_rather_than_wait_for_ever(
    world: World, wallet: QrPay, visit: Any
) -> None:
    phone = visit(world.agent.user)
    payment = collect(phone, world)

    with time_machine.travel(clock.now() + timedelta(seconds=8)):
        page = status(phone, payment)

    assert "Pekerjaan latar tidak berjalan" in page
    assert "Beri tahu kantor" in page


def test_a_bill_that_waits_is_cancelled_from_its_page(
    world: World, wallet: QrPay, visit: Any
) -> None:
    phone = visit(world.agent.user)
    payment = collect(phone, world)

    phone.submit(f"/pembayaran/{payment.id}/batal")

    assert payment.state is P.EXPIRED
    assert wallet.asked == {}


def test_a_payment_that_was_lost_at_the_provider_says_so(
    world: World, wallet: QrPay, visit: Any
) -> None:
    phone = visit(world.agent.user)
    payment = collect(phone, world)
    world.report(payment, P.PENDING)
    world.session.execute(text("DELETE FROM provider_requests"))

    page = status(phone, payment)

    assert "Kode bayar tidak sampai" in page
    assert "Coba lagi" in page


def test_a_refused_key_is_told_on_every_page_and_finance_has_one_piece_of_work(
    world: World, wallet: QrPay, worker_runs: None, visit: Any
) -> None:
    phone, finance = visit(world.agent.user), visit(world.finance)
    admin = visit(make_user(world.session, RoleName.ADMIN, office_id=None))
    wallet.refuses = True
    failed = collect(phone, world)
    run_jobs(world)

    page = status(phone, failed)
    refused = phone.submit(
        f"/tagih/{world.worker.id}",
        key=secrets.token_hex(8),
        months=months(world),
        channel=wallet.name,
    )
    sheet = phone.get(f"/tagih/{world.worker.id}").get_data(as_text=True)
    inboxes = [person.get("/kotak-kerja/").get_data(as_text=True) for person in (finance, admin)]
    channels = finance.get("/keuangan/kanal").get_data(as_text=True)
    metrics = finance.get("/metrics").get_data(as_text=True)

    assert "Pembayaran tidak berhasil" in page
    assert "Penyedia menolak kunci kita." in page
    assert refused.status_code == 422
    assert "sedang berhenti" in refused.get_data(as_text=True)
    assert "sedang berhenti" in sheet
    assert [inbox.count("Cara bayar berhenti") > 0 for inbox in inboxes] == [True, True]
    assert "Penyedia menolak kunci kita." in channels
    assert 'agentsys_channel_up{channel="dictpay"} 0.0' in metrics


def test_finance_has_a_stopped_channel_tried_at_once(
    world: World, wallet: QrPay, visit: Any
) -> None:
    finance = visit(world.finance)
    wallet.refuses = True
    world.ask()
    run_jobs(world)
    wallet.refuses = False

    answer = finance.submit("/keuangan/kanal/dictpay/coba")
    jobs.probe_channels()
    world.session.expire_all()
    again = finance.submit("/keuangan/kanal/dictpay/coba", follow_redirects=True)

    assert answer.location == "/keuangan/kanal"
    assert circuit.health_of(world.session, "dictpay") == "working"
    assert "sudah berjalan lagi" in again.get_data(as_text=True)
    assert "channel.tried" in world.session.scalars(select(AuditEvent.action)).all()


def test_a_second_sheet_for_the_same_months_shows_the_open_bill(
    world: World, wallet: QrPay, visit: Any
) -> None:
    phone = visit(world.agent.user)
    first = collect(phone, world)

    second = collect(phone, world)

    assert second.id == first.id


def link_of(world: World) -> str:
    made = links.make_link(world.session, worker_id=world.worker.id, actor_id=None)
    return f"/bayar/{made.token}"


def test_a_pay_link_in_a_second_browser_shows_the_same_code(
    app: Flask, world: World, wallet: QrPay, client: Any
) -> None:
    path = link_of(world)
    second = app.test_client()
    for browser in (client, second):
        browser.submit(path, key=secrets.token_hex(8), months=months(world), channel=wallet.name)
        run_jobs(world)

    pages = [browser.get(path).get_data(as_text=True) for browser in (client, second)]

    assert world.session.scalar(select(func.count()).select_from(Payment)) == 1
    assert ['role="img"' in page for page in pages] == [True, True]


def test_whoever_pays_by_link_can_cancel_and_choose_another_way(
    world: World, wallet: QrPay, client: Any
) -> None:
    path = link_of(world)
    client.submit(path, key=secrets.token_hex(8), months=months(world), channel=wallet.name)
    waiting = client.get(path).get_data(as_text=True)
    assert "Menyiapkan tagihan" in waiting

    client.submit(f"{path}/ulangi")
    client.submit(f"{path}/batal")

    assert 'name="months"' in client.get(path).get_data(as_text=True)
    assert world.session.scalars(select(Payment.state)).one() is P.EXPIRED


def test_a_pay_link_that_makes_too_many_bills_is_told_to_wait(
    world: World, wallet: QrPay, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_payments, "MOST_BY_LINK", 2)
    path = link_of(world)
    answers = [
        client.submit(
            path, key=secrets.token_hex(8), months=months(world, count), channel=wallet.name
        ).status_code
        for count in (1, 2, 3)
    ]

    assert answers == [302, 302, 422]


def test_an_agent_withdraws_a_pay_link(
    world: World, wallet: QrPay, visit: Any, client: Any
) -> None:
    path = link_of(world)
    phone = visit(world.agent.user)
    assert "Tarik tautan" in phone.get(f"/pekerja/{world.worker.id}").get_data(as_text=True)

    phone.submit(f"/pekerja/{world.worker.id}/tautan/tarik")

    assert client.get(path).status_code == 404
    page = phone.get(f"/pekerja/{world.worker.id}").get_data(as_text=True)
    assert "Buat tautan bayar" in page
