"""A worker repays what was claimed, and BPJS does not get the money after all."""

from __future__ import annotations

from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.ledger.invariants import check
from agentsys.payments.gateway_payouts import record_payout
from agentsys.people.models import RoleName
from agentsys.remittances.batches import cancel, make_batch
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from tests.factories import make_user
from tests.payments.world import PRICE, World

P = PaymentState


def test_a_claim_that_was_repaid_is_the_workers_money_when_the_batch_is_cancelled(
    world: World,
) -> None:
    session, finance = world.session, world.finance.id
    second = make_user(session, RoleName.FINANCE, office_id=world.office_id).id
    payment = world.ask(2)
    world.report(payment, P.SETTLED)
    record_payout(
        session,
        provider="dict",
        bank_ref="CAIR-1",
        amount_idr=2 * PRICE,
        fee_idr=0,
        actor_id=finance,
    )
    batch = make_batch(session, office_id=world.office_id, actor_id=finance)
    world.report(payment, P.REFUNDED)  # the provider gives back what BPJS is about to get
    claim = accounts.claim_on_worker(world.worker.id)
    paid = propose(
        session,
        account=claim,
        amount_idr=PRICE,
        bank_ref="TRF-1",
        note="Diganti sebagian",
        actor_id=finance,
    )
    decide_transfer(session, transfer_id=paid.id, action=TransferAction.BOOK, actor_id=second)

    cancel(session, remittance_id=batch.id, actor_id=second)

    assert journal.balance(session, claim) == 0
    assert journal.balance(session, accounts.owed_to_worker(world.worker.id)) == -PRICE
    assert journal.balance(session, accounts.owed_bpjs(world.office_id)) == 0
    assert check(session) == []
