"""The pages on which a cash receipt is voided: the agent's, the supervisor's, the worker's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import CashReversal, ReversalState
from agentsys.people.models import RoleName
from agentsys.workers.models import Worker
from tests.factories import make_contribution, make_user, make_worker
from tests.payments.world import World

LIST = "/pembatalan/"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent whose worker owes three months."""
    return World.build(session, vault)


@pytest.fixture
def payment(world: World) -> Payment:
    """A month that the agent took in cash."""
    return world.collect(world.months[:1])


def _page_of(payment: Payment) -> str:
    return f"/pembatalan/pembayaran/{payment.id}"


def _propose(visit: Any, world: World, payment: Payment) -> CashReversal:
    answer = visit(world.agent.user).submit(
        _page_of(payment), why="wrong_worker", reason="Uangnya milik Budi"
    )
    assert answer.status_code == 302
    return world.session.scalars(select(CashReversal)).one()


def test_the_agent_finds_the_way_from_the_receipt_and_the_supervisor_voids_it(
    world: World, payment: Payment, visit: Any
) -> None:
    assert payment.receipt is not None
    own = visit(world.agent.user)
    assert _page_of(payment) in own.get(f"/kuitansi/{payment.receipt.number}").text
    assert 'name="reason"' in own.get(_page_of(payment)).text
    reversal = _propose(visit, world, payment)

    boss = visit(world.agent.supervisor)
    assert "Uangnya milik Budi" in boss.get(LIST).text
    boss.submit(f"{LIST}{reversal.id}", action="approve")

    world.session.expire_all()
    assert payment.state is PaymentState.REFUNDED
    assert reversal.number is not None
    public = boss.get(f"/k/{payment.receipt.code}").text
    assert reversal.number in public
    assert "Salah pekerja" in public
    assert "Budi" not in public  # the reason names somebody else
    shown = own.get(f"/kuitansi/{payment.receipt.number}").text
    assert "Beri tahu pekerja" in shown


def test_what_was_typed_stays_when_something_is_missing(
    world: World, payment: Payment, visit: Any
) -> None:
    answer = visit(world.agent.user).submit(_page_of(payment), why="no_cash", reason="")

    assert answer.status_code == 422
    assert 'selected value="no_cash"' in answer.text
    assert world.session.scalars(select(CashReversal)).all() == []


def test_a_page_says_why_a_receipt_stays_valid_instead_of_a_form(
    world: World, payment: Payment, visit: Any
) -> None:
    world.declare(payment.amount_idr)

    page = visit(world.agent.user).get(_page_of(payment)).text

    assert "Tarik atau kembalikan dulu setoran itu" in page
    assert 'name="reason"' not in page


def test_who_proposed_sees_no_button_to_approve(world: World, payment: Payment, visit: Any) -> None:
    finance = visit(world.finance)
    finance.submit(_page_of(payment), why="other", reason="Salah ketik")

    page = finance.get(LIST).text

    assert 'value="approve"' not in page
    assert "Tarik usul" in page


def test_an_auditor_sees_reversals_and_no_button(
    world: World, payment: Payment, visit: Any
) -> None:
    reversal = _propose(visit, world, payment)
    auditor = visit(make_user(world.session, RoleName.AUDITOR, office_id=world.office_id))

    assert "Uangnya milik Budi" in auditor.get(LIST).text
    assert 'name="action"' not in auditor.get(LIST).text
    assert auditor.submit(f"{LIST}{reversal.id}", action="approve").status_code == 403


def test_a_refused_proposal_leaves_the_receipt_valid(
    world: World, payment: Payment, visit: Any
) -> None:
    reversal = _propose(visit, world, payment)

    visit(world.agent.supervisor).submit(f"{LIST}{reversal.id}", action="refuse")

    world.session.expire_all()
    assert reversal.state is ReversalState.REFUSED
    assert payment.state is PaymentState.SETTLED


def _moved_to(world: World, name: str) -> Worker:
    worker = make_worker(world.session, world.vault, agent=world.agent, name=name)
    make_contribution(world.session, worker, world.months[0])
    return worker


def test_the_agent_searches_the_right_worker_and_one_approval_moves_the_cash(
    world: World, payment: Payment, visit: Any
) -> None:
    budi = _moved_to(world, "Budi Santoso")
    own, page = visit(world.agent.user), _page_of(payment)
    assert f'value="{budi.id}"' in own.get(f"{page}?cari=budi").text
    own.submit(
        f"{page}?cari=budi", why="wrong_worker", reason="Salah pilih", to_worker=str(budi.id)
    )
    reversal = world.session.scalars(select(CashReversal)).one()
    assert "uangnya untuk Budi Santoso" in own.get(page).text

    boss = visit(world.agent.supervisor)
    assert "uangnya untuk Budi Santoso" in boss.get(LIST).text
    boss.submit(f"{LIST}{reversal.id}", action="approve")

    world.session.expire_all()
    assert reversal.new_payment_id is not None
    new = world.session.get_one(Payment, reversal.new_payment_id)
    assert new.receipt is not None
    assert new.receipt.number in boss.get(f"{LIST}?tab=approved").text


def test_what_fits_nobody_is_said_and_a_stranger_is_not_found(
    world: World, payment: Payment, visit: Any
) -> None:
    stranger = make_worker(world.session, world.vault, name="Budi Jauh")
    own, page = visit(world.agent.user), _page_of(payment)
    values = {"why": "other", "reason": "x"}

    assert "Tidak ada pekerja lain" in own.get(f"{page}?cari=budi").text
    assert own.submit(page, to_worker=str(stranger.id), **values).status_code == 404
    assert own.submit(page, to_worker="bukan angka", **values).status_code == 422
    assert world.session.scalars(select(CashReversal)).all() == []


def test_who_proposed_withdraws_on_the_page_of_the_receipt(
    world: World, payment: Payment, visit: Any
) -> None:
    reversal = _propose(visit, world, payment)
    own = visit(world.agent.user)
    assert f"{LIST}{reversal.id}/tarik" in own.get(_page_of(payment)).text

    assert visit(world.finance).submit(f"{LIST}{reversal.id}/tarik").status_code == 404
    assert own.submit(f"{LIST}{reversal.id}/tarik").status_code == 302

    world.session.expire_all()
    assert reversal.state is ReversalState.WITHDRAWN
