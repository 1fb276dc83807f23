"""The money of a worker whom BPJS refused goes back the way it came, or stays for another send."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution, ContributionState
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import invariants, journal
from agentsys.ledger.accounts import owed_to_worker
from agentsys.payments.models import Payment
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.workers.models import Worker
from tests.factories import nik_of
from tests.payments.reversing import void
from tests.payments.world import PRICE, World
from tests.remittances.differing import balance, own_funds
from tests.remittances.pasting import CODE
from tests.remittances.test_partial import TITLES, apply


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with a worker who owes months."""
    return World.build(session, vault)


def refused(world: World) -> Payment:
    """Deposited cash of a worker whom BPJS refuses, in a batch with another who is paid."""
    own_funds(world, 3 * PRICE)
    payment = world.collect(world.months[:1])
    world.confirm(world.declare())
    other = world.ask_for_another()
    world.report(other, PaymentState.SETTLED)
    finance = world.finance.id
    batch = make_batch(world.session, office_id=world.office_id, actor_id=finance)
    set_code(world.session, remittance_id=batch.id, kode_iuran=CODE, actor_id=finance)
    rows = []
    for worker_id, status in ((payment.worker_id, "DITOLAK"), (other.worker_id, "PAID")):
        nik = nik_of(world.vault, world.session.get_one(Worker, worker_id))
        rows.append(f"{CODE};{nik};{world.months[0]:%Y-%m};{status};{PRICE};NTPN 1;NIK tidak padan")
    apply(world, TITLES + "\n".join(rows))
    return payment


def contribution(world: World, payment: Payment) -> Contribution:
    """The month that the payment was for."""
    world.session.expire_all()
    return world.session.scalars(
        select(Contribution).where(
            Contribution.worker_id == payment.worker_id, Contribution.month == world.months[0]
        )
    ).one()


def test_the_cash_of_a_refused_worker_is_owed_back_and_repaid_by_two_people(world: World) -> None:
    payment = refused(world)
    assert contribution(world, payment).held_at is not None

    void(world, payment)

    month = contribution(world, payment)
    assert (month.state, month.payment_id) == (ContributionState.BILLED, None)
    assert journal.balance(world.session, owed_to_worker(payment.payer_id)) == -PRICE
    assert balance(world, "owed:bpjs") == 0
    world.repay(PRICE)
    assert journal.balance(world.session, owed_to_worker(payment.payer_id)) == 0
    assert invariants.check(world.session) == []


def test_what_went_back_is_in_no_later_batch(world: World) -> None:
    payment = refused(world)
    void(world, payment)
    world.report(world.ask_for_another(), PaymentState.SETTLED)

    later = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)

    assert later.count == 1
    assert contribution(world, payment).remittance_id is None
