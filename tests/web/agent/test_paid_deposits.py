"""Deposits that an agent pays to a bank: the cash page, the number, and how it ends."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.crypto import Vault
from agentsys.extension.contract import Fee, PaymentState
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from tests.factories import make_agent, make_office, make_user
from tests.payments.deposits import Depositing
from tests.payments.world import PRICE, World

P = PaymentState


@pytest.fixture
def paying(app: Flask, session: Session, vault: Vault) -> Iterator[Depositing]:
    """An agent with cash, and a bank that is installed."""
    built = Depositing(World.build(session, vault))
    built.collect(2)
    session.commit()
    channels = app.extensions[KEY].registry.channels
    channels[built.channel.name] = built.channel
    yield built
    del channels[built.channel.name]


@pytest.fixture
def phone(paying: Depositing, visit: Any) -> Any:
    """The agent's phone."""
    return visit(paying.user)


def choose(phone: Any, paying: Depositing, **changes: object) -> Any:
    """Choose the bank."""
    form = {"key": uuid.uuid4().hex, "channel": paying.channel.name, "shown_idr": 2 * PRICE}
    return phone.submit("/setoran/va", **(form | changes))


def declared(phone: Any, paying: Depositing) -> Deposit:
    """The deposit that choosing the bank declares."""
    assert choose(phone, paying).status_code == 302
    return paying.session.scalars(select(Deposit).order_by(Deposit.id.desc()).limit(1)).one()


def run_jobs(paying: Depositing) -> None:
    """A worker process asks the provider."""
    paying.session.commit()
    jobs.ask_providers()
    paying.session.expire_all()


def text_of(phone: Any, path: str) -> str:
    """What a page says."""
    return str(phone.get(path).get_data(as_text=True))


def test_the_bank_is_chosen_with_its_fee_and_the_sum(phone: Any, paying: Depositing) -> None:
    paying.channel.fee = Fee(flat_idr=4_000)

    phone.submit("/setoran/hitung", counted="33.600")
    page = text_of(phone, "/setoran")

    assert "Setor lewat virtual account" in page
    assert "Bank Kamus" in page
    assert "biaya Rp4.000" in page
    assert f'name="shown_idr" value="{2 * PRICE}"' in page


def test_workers_cannot_choose_a_bank_for_agents_only(phone: Any, paying: Depositing) -> None:
    paying.channel.payers = frozenset({next(iter(paying.channel.payers - {"worker"}))})
    worker = paying.world.worker

    assert "Bank Kamus" not in text_of(phone, f"/tagih/{worker.id}")


def test_no_provider_is_asked_while_the_agent_waits_for_the_page(
    phone: Any, paying: Depositing
) -> None:
    deposit = declared(phone, paying)

    before = text_of(phone, f"/setoran/{deposit.id}/bayar/keadaan")
    asked = dict(paying.channel.asked)
    run_jobs(paying)
    after = text_of(phone, f"/setoran/{deposit.id}/bayar")

    assert asked == {}
    assert "Menyiapkan tagihan" in before
    assert "data-poll" in before
    assert "Rp33.600" in after
    assert "pay.example" in after
    assert "Batalkan" in after


def test_the_paid_deposit_is_confirmed_and_nobody_counts_it(
    phone: Any, paying: Depositing, visit: Any
) -> None:
    deposit = declared(phone, paying)
    run_jobs(paying)
    waiting = text_of(visit(paying.world.finance), "/keuangan/setoran-agen")
    unpaid = text_of(visit(paying.world.finance), "/keuangan/setoran-agen?tab=unpaid")

    paying.report(deposit, P.SETTLED)
    paying.session.commit()

    assert "Bank Kamus" not in waiting
    assert "lewat Bank Kamus" in unpaid
    assert "Menunggu laporan penyedia" in unpaid
    assert "Setoran diterima" in text_of(phone, f"/setoran/{deposit.id}/bayar/keadaan")
    assert "lewat Bank Kamus" in text_of(phone, "/setoran")
    done = text_of(visit(paying.world.finance), "/keuangan/setoran-agen?tab=confirmed")
    assert "lewat Bank Kamus" in done
    paid = paying.payment_of(deposit)
    assert "Setoran agen" in text_of(visit(paying.world.finance), f"/keuangan/pembayaran/{paid.id}")


def test_a_deposit_that_is_not_paid_is_shown_instead_of_the_banks(
    phone: Any, paying: Depositing
) -> None:
    deposit = declared(phone, paying)

    page = text_of(phone, "/setoran")

    assert "belum dibayar" in page
    assert f"/setoran/{deposit.id}/bayar" in page
    assert "/setoran/va" not in page
    assert f"/setoran/{deposit.id}/tarik" not in page


def test_cancelling_gives_the_cash_back(phone: Any, paying: Depositing) -> None:
    deposit = declared(phone, paying)

    phone.submit(f"/setoran/{deposit.id}/bayar/batal")

    paying.session.expire_all()
    assert deposit.state is DepositState.WITHDRAWN
    assert "tercatat di tangan Anda lagi" in text_of(phone, f"/setoran/{deposit.id}/bayar")
    phone.submit("/setoran/hitung", counted="33.600")
    assert "Setor lewat virtual account" in text_of(phone, "/setoran")


def test_cancelling_a_pending_one_asks_the_provider_first(phone: Any, paying: Depositing) -> None:
    deposit = declared(phone, paying)
    run_jobs(paying)

    phone.submit(f"/setoran/{deposit.id}/bayar/batal")
    between = text_of(phone, f"/setoran/{deposit.id}/bayar/keadaan")
    paying.channel.says(paying.payment_of(deposit).reference, P.EXPIRED, 2 * PRICE)
    run_jobs(paying)

    assert "Membatalkan tagihan" in between
    assert deposit.state is DepositState.WITHDRAWN


def test_a_changed_sum_is_said_on_the_same_page(phone: Any, paying: Depositing) -> None:
    answer = choose(phone, paying, shown_idr=PRICE)

    assert answer.status_code == 422
    assert "Titipan Anda sekarang Rp33.600" in answer.get_data(as_text=True)


@pytest.mark.parametrize("channel", ["", "cash", "tidak-ada"])
def test_only_a_bank_that_takes_deposits_can_be_chosen(
    phone: Any, paying: Depositing, channel: str
) -> None:
    assert choose(phone, paying, channel=channel).status_code == 422


def test_another_agent_neither_sees_nor_touches_it(
    phone: Any, paying: Depositing, visit: Any
) -> None:
    deposit = declared(phone, paying)
    elsewhere = visit(make_agent(paying.session).user)
    colleague = visit(make_agent(paying.session, office_id=paying.agent.office_id).user)

    for stranger in (elsewhere, colleague):
        assert stranger.get(f"/setoran/{deposit.id}/bayar").status_code == 404
        assert stranger.get(f"/setoran/{deposit.id}/bayar/keadaan").status_code == 404
        for what in ("periksa", "batal"):
            answer = stranger.submit(f"/setoran/{deposit.id}/bayar/{what}")
            assert answer.status_code == 404
    assert deposit.state is DepositState.DECLARED


def test_finance_of_another_office_does_not_see_it(
    phone: Any, paying: Depositing, visit: Any
) -> None:
    deposit = declared(phone, paying)
    paid = paying.payment_of(deposit)
    elsewhere = visit(
        make_user(paying.session, RoleName.FINANCE, office_id=make_office(paying.session).id)
    )

    assert "Bank Kamus" not in text_of(elsewhere, "/keuangan/setoran-agen?tab=unpaid")
    assert elsewhere.get(f"/keuangan/pembayaran/{paid.id}").status_code == 404


def test_the_workers_pages_show_no_deposit(phone: Any, paying: Depositing) -> None:
    paid = paying.payment_of(declared(phone, paying))

    assert phone.get(f"/pembayaran/{paid.id}").status_code == 404
    assert phone.submit(f"/pembayaran/{paid.id}/batal").status_code == 404


def test_finance_cannot_decide_it_by_hand(phone: Any, paying: Depositing, visit: Any) -> None:
    deposit = declared(phone, paying)

    answer = visit(paying.world.finance).submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr=str(2 * PRICE)
    )

    assert answer.status_code == 422
    assert deposit.state is DepositState.DECLARED


def test_the_same_key_declares_once(phone: Any, paying: Depositing) -> None:
    key = secrets.token_hex(16)

    first, again = choose(phone, paying, key=key), choose(phone, paying, key=key)

    assert first.location == again.location
