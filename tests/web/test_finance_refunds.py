"""The pages of refunds through providers: proposed on the payment's page, approved by another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action, ProviderRequest
from agentsys.payments.refund_models import Refund, RefundState
from agentsys.people.models import RoleName, User
from agentsys.runtime import KEY
from tests.factories import make_user
from tests.payments.refunding import GivingPay
from tests.payments.world import World
from tests.web.hostile_values import TYPED

PAGE = "/keuangan/pengembalian"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker who paid one month by GoPay."""
    return World.build(session, vault)


@pytest.fixture
def payment(world: World, app: Flask) -> Iterator[Payment]:
    """A settled payment through a channel that gives money back."""
    channels = app.extensions[KEY].registry.channels
    world.wallet = channels["dictpay"] = GivingPay()
    found = world.ask()
    world.report(found, PaymentState.SETTLED)
    yield found
    del channels["dictpay"]


@pytest.fixture
def second(world: World) -> User:
    """Another person in finance of the same office."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.office_id)


def _propose(visit: Any, user: User, payment: Payment, amount: str = "16.800") -> Any:
    return visit(user).submit(
        f"/keuangan/pembayaran/{payment.id}/kembalikan",
        amount_idr=amount,
        reason="Pekerja salah bayar",
    )


def test_one_proposes_on_the_payments_page_and_another_approves(
    world: World, payment: Payment, second: User, visit: Any
) -> None:
    _propose(visit, world.finance, payment)
    refund = world.session.scalars(select(Refund)).one()
    listed = visit(second).get(PAGE).get_data(as_text=True)

    visit(second).submit(f"{PAGE}/{refund.id}", action="approve")

    assert world.worker.name in listed
    assert "Setujui" in listed
    world.session.refresh(refund)
    assert refund.state is RefundState.APPROVED
    asked = world.session.scalars(select(ProviderRequest)).one()
    assert asked.action is Action.REFUND  # it took the place of the start, which is over


def test_who_proposed_it_can_only_take_it_back(
    world: World, payment: Payment, second: User, visit: Any
) -> None:
    _propose(visit, world.finance, payment)

    own = visit(world.finance).get(PAGE).get_data(as_text=True)

    assert "Setujui" not in own
    assert "Tarik usul" in own


def test_a_wrong_sum_stays_in_the_form_with_what_to_do(
    world: World, payment: Payment, visit: Any
) -> None:
    answer = _propose(visit, world.finance, payment, "99.000.000")

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Rp16.800" in text
    assert 'value="Pekerja salah bayar"' in text


@pytest.mark.parametrize("value", TYPED.values(), ids=TYPED)
def test_bad_input_is_answered_with_a_sentence(
    world: World, payment: Payment, visit: Any, value: str
) -> None:
    visitor = visit(world.finance)

    for fields in ({"amount_idr": value, "reason": "Salah"}, {"amount_idr": "1", "reason": value}):
        answer = visitor.submit(f"/keuangan/pembayaran/{payment.id}/kembalikan", **fields)

        # 400: a NUL, which every page refuses before it reads the form.
        assert answer.status_code in (302, 400, 422), (fields, answer.status_code)


def test_an_auditor_sees_refunds_and_no_button(world: World, payment: Payment, visit: Any) -> None:
    _propose(visit, world.finance, payment)
    auditor = make_user(world.session, RoleName.AUDITOR, office_id=world.office_id)

    text = visit(auditor).get(PAGE).get_data(as_text=True)

    assert world.worker.name in text
    assert "Setujui" not in text
    assert "Tarik usul" not in text


def test_a_payment_that_cannot_go_back_names_the_transfer(
    world: World, payment: Payment, visit: Any
) -> None:
    payment.settled_at = (
        None if payment.settled_at is None else payment.settled_at.replace(year=2020)
    )
    world.session.flush()

    text = visit(world.finance).get(f"/keuangan/pembayaran/{payment.id}").get_data(as_text=True)

    assert "Masa pengembalian kanal ini sudah lewat" in text
    assert "Usulkan pengembalian" not in text
