"""Withdrawing a deposit on the agent's page."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from agentsys.payments import cash
from agentsys.payments.deposit_models import Deposit
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session, vault):
    return World.build(session, vault)


def test_a_declared_deposit_is_taken_back_on_the_page_until_it_is_decided(session, world, visit):
    phone = visit(world.agent.user)
    world.collect(world.months[:1])
    phone.submit("/setoran", key=uuid.uuid4().hex, counted=str(PRICE), evidence="slip 1")
    deposit = session.scalars(select(Deposit)).one()
    assert "Tarik kembali" in phone.get("/setoran").get_data(as_text=True)

    first = phone.submit(f"/setoran/{deposit.id}/tarik", follow_redirects=True)
    again = phone.submit(f"/setoran/{deposit.id}/tarik", follow_redirects=True)

    assert "ditarik kembali. Uangnya di tangan Anda" in first.get_data(as_text=True)
    assert "sudah diputuskan" in again.get_data(as_text=True)
    page = phone.get("/setoran").get_data(as_text=True)
    assert "Hitung uangnya dulu" in page
    assert f"/setoran/{deposit.id}/tarik" not in page


def test_a_deposit_that_came_back_is_still_told_after_a_later_one_was_taken_back(
    session, world, visit
):
    phone = visit(world.agent.user)
    world.collect(world.months[:1])
    phone.submit("/setoran", key=uuid.uuid4().hex, counted=str(PRICE), evidence="slip 1")
    cash.decide_deposit(
        session,
        deposit_id=session.scalars(select(Deposit.id)).one(),
        action=cash.DepositAction.RETURN,
        actor=world.finance,
        reason="Kurang Rp1.000",
    )
    session.commit()
    phone.submit("/setoran", key=uuid.uuid4().hex, counted=str(PRICE), evidence="slip 2")
    second = session.scalars(select(Deposit.id).order_by(Deposit.id.desc())).first()

    phone.submit(f"/setoran/{second}/tarik")

    page = phone.get("/setoran").get_data(as_text=True)
    assert page.index("Dikembalikan") < page.index("Kurang Rp1.000") < page.index("Riwayat setoran")
