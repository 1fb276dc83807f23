"""Pages of decisions for two people say who may not yet be the second person, and until when."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import approval
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.refunds import RefundAction, decide_refund
from agentsys.payments.refunds import propose as propose_refund
from agentsys.people import second_person
from agentsys.people.models import AccessChange, AccessChangeKind, RoleName, User
from agentsys.people.second_person import NotYet
from agentsys.remittances import batches, cancelling, codes
from agentsys.transfers import repayments
from agentsys.transfers.models import Transfer, TransferState
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.factories import make_user, make_worker
from tests.payments.refunding import GivingPay
from tests.payments.world import PRICE, World

SENTENCE = "tidak menjadi orang kedua satu sama lain"


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


def made(session: Session, user_id: int | None, *, by: User) -> None:
    """As if `by` had made the user just now."""
    assert user_id is not None
    kind = AccessChangeKind.MADE
    second_person.record_change(session, user_id=user_id, kind=kind, actor_id=by.id)


def shown(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def a_week_passes(session: Session) -> None:
    for change in session.scalars(select(AccessChange)):
        change.at -= timedelta(days=7)
    session.flush()


def test_a_transfer_is_booked_by_the_admin_who_made_the_proposer_only_after_a_week(
    world: World, second: User, visit: Any
) -> None:
    session = world.session
    made(session, world.finance.id, by=second)
    transfer = repayments.propose(
        session,
        account=accounts.owed_to_worker(world.worker.id),
        amount_idr=PRICE,
        bank_ref="FT-1",
        note="Siti, BRI",
        actor_id=world.finance.id,
    )
    booking = {"transfer_id": transfer.id, "action": "book"}
    visitor = visit(second)

    page = shown(visitor.get("/keuangan/hak-pekerja"))
    refused = visitor.submit("/keuangan/transfer", **booking)

    assert SENTENCE in page
    assert f"dibuat oleh {second.name}" in page
    assert 'value="book"' not in page
    assert SENTENCE in shown(visitor.get(refused.location))
    assert session.get_one(Transfer, transfer.id).state is TransferState.PROPOSED

    a_week_passes(session)
    assert 'value="book"' in shown(visitor.get("/keuangan/hak-pekerja"))
    visitor.submit("/keuangan/transfer", **booking)
    assert session.get_one(Transfer, transfer.id).state is TransferState.BOOKED


def test_a_deposit_of_an_agent_is_not_confirmed_by_the_admin_who_made_the_agent(
    world: World, visit: Any
) -> None:
    world.collect(world.months[1:2])
    made(world.session, world.agent.user_id, by=world.finance)
    deposit = world.declare(PRICE, evidence="SLIP-1")
    visitor = visit(world.finance)

    page = shown(visitor.get("/keuangan/setoran-agen"))
    answer = visitor.submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr=str(PRICE)
    )

    assert SENTENCE in page
    assert "Uang sudah diterima" not in page
    assert answer.status_code == 422
    assert SENTENCE in shown(answer)


@pytest.mark.made_up_books
def test_a_commission_is_not_approved_by_the_admin_who_made_the_agent(
    world: World, visit: Any
) -> None:
    session, leader, month = world.session, world.agent.supervisor, clock.this_month()
    assert leader is not None
    confirm(
        session,
        make_worker(session, world.vault, agent=world.agent),
        month,
        confirmed_at=clock.now(),
    )
    run(session, hook=offer(uji=fee()), month=month, actor_id=None)
    statement = statement_of(session, world.agent, month)
    assert statement is not None
    made(session, world.agent.user_id, by=leader)

    with pytest.raises(NotYet):
        approval.decide(
            session,
            statement_id=statement.id,
            action=approval.Action.APPROVE,
            actor=leader,
            seen_hash=statement.lines_hash,
        )
    visitor = visit(leader)
    for page in ("/pembina/komisi", f"/pembina/komisi/{statement.id}"):
        assert SENTENCE in shown(visitor.get(page))


def test_a_refund_and_a_batch_taken_apart_wait_too(world: World, second: User) -> None:
    session = world.session
    channel = world.wallet = GivingPay()
    payment = world.ask_for_another()
    world.report(payment, PaymentState.SETTLED)
    refund = propose_refund(
        session,
        payment_id=payment.id,
        channel=channel,
        amount_idr=PRICE,
        reason="Salah bayar",
        actor_id=world.finance.id,
    )
    made(session, world.finance.id, by=second)

    with pytest.raises(NotYet), session.begin_nested():
        decide_refund(
            session,
            refund_id=refund.id,
            channel=channel,
            action=RefundAction.APPROVE,
            actor_id=second.id,
        )
    batch = batches.make_batch(session, office_id=world.office_id, actor_id=world.finance.id)
    codes.set_code(session, remittance_id=batch.id, kode_iuran="901234", actor_id=world.finance.id)
    cancelling.ask_to_cancel(
        session, remittance_id=batch.id, reason="Kedaluwarsa", actor_id=world.finance.id
    )
    with pytest.raises(NotYet), session.begin_nested():
        batches.cancel(session, remittance_id=batch.id, actor_id=second.id)
