"""Cash and balances that wait for an action are in the queue of those who can act."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from agentsys import clock
from agentsys.ledger import accounts, journal
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Payment, StoredCallback
from agentsys.transfers import repayments
from agentsys.work import queries
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session, vault):
    return World.build(session, vault)


def listed(session, user):
    return {item.kind.key: item for item in queries.waiting(session, user, ListRequest()).rows}


def waiting_cash(session, user):
    """What waits for the user about cash."""
    found = listed(session, user)
    return {key: item for key, item in found.items() if key.startswith("cash.")}


def test_an_agent_at_the_ceiling_waits_for_the_supervisor_until_the_cash_is_deposited(
    session, world
):
    supervisor = world.agent.supervisor
    world.collect(world.months[:1])
    assert waiting_cash(session, supervisor) == {}

    world.agent.cash_ceiling_idr = PRICE
    session.flush()

    item = listed(session, supervisor)["cash.over_ceiling"]
    assert (item.agent, item.amount_idr) == (world.agent.name, PRICE)
    world.declare()
    assert waiting_cash(session, supervisor) == {}


def test_cash_that_an_agent_keeps_for_too_long_waits_for_the_supervisor(session, world):
    world.collect(world.months[:1])
    three_days_ago = clock.now() - timedelta(days=3)
    session.execute(update(Payment).values(settled_at=three_days_ago))

    item = listed(session, world.agent.supervisor)["cash.too_old"]

    assert (item.since, item.amount_idr) == (three_days_ago, PRICE)
    world.declare()
    assert waiting_cash(session, world.agent.supervisor) == {}


@pytest.mark.made_up_books
@pytest.mark.parametrize(
    ("account_of", "amount_idr", "kind"),
    [
        (accounts.owed_to_worker, -7_000, "worker.owed"),
        (accounts.claim_on_worker, 7_000, "worker.owes"),
    ],
)
def test_a_workers_balance_waits_for_finance_until_a_transfer_is_proposed(
    session, world, account_of, amount_idr, kind
):
    account = account_of(world.worker.id)
    journal.post(
        session,
        kind="made.up",
        source="test",
        at=clock.now(),
        lines={account: amount_idr, accounts.suspense(world.office_id): -amount_idr},
    )

    item = listed(session, world.finance)[kind]

    assert (item.subject, item.worker, item.amount_idr) == (account, world.worker.name, 7_000)
    repayments.propose(
        session,
        account=account,
        amount_idr=7_000,
        bank_ref="TRF-1",
        note="Kelebihan bayar",
        actor_id=world.finance.id,
    )
    assert kind not in listed(session, world.finance)


def test_a_callback_that_was_not_processed_for_a_day_waits_for_finance(session, world):
    callback = StoredCallback(
        channel="autodebit",
        digest=b"1",
        reference="AG-1",
        headers={},
        body=b"",
        received_at=clock.now(),
        next_try_at=clock.now(),
        note="kanal autodebit tidak terpasang",
    )
    session.add(callback)
    session.flush()
    assert "callback.stuck" not in listed(session, world.finance)

    callback.received_at = clock.now() - timedelta(days=2)
    session.flush()

    item = listed(session, world.finance)["callback.stuck"]
    assert item.about == "kanal autodebit tidak terpasang"
