"""Every channel × every fault of the answer to a start: the bill is made once, or fails plainly."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import PaymentState
from agentsys.payments import books, circuit, provider_calls, requests
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import ProviderRequest
from agentsys.runtime import runtime
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.matrix.cells import ASKED_IDR, FAULTS, SLOW
from tests.plugins.midtrans_channels import ALL, all_channels

ANSWERS = [fault.answer for fault in FAULTS.values() if fault.answer]
REFUSALS = {"401", "402"}  # of our account: the bill fails at once, and the channel stops
TRIES = 3


def bill(session, channel, agent):
    """A bill that waits for its start."""
    worker = make_worker(session, runtime().vault, agent=agent)
    return requests.ask(
        session,
        key=secrets.token_hex(8),
        channel=channel,
        worker_id=worker.id,
        months=[make_contribution(session, worker).month],
        actor_id=None,
        agent_id=None,
        inputs=channel.read_form({"phone": "081234567890"}),
    ).reference


def ask_until_answered(session, channels):
    for _try in range(TRIES):
        session.execute(update(ProviderRequest).values(next_try_at=clock.now()))
        session.commit()
        while provider_calls.ask_next(channels):
            pass
    session.expire_all()


def payment_of(session, reference):
    return session.scalars(select(Payment).where(Payment.reference == reference)).one()


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_start_makes_one_bill_or_fails_plainly(session: Session, answer: str) -> None:
    slow = answer in SLOW
    impatient = {"AGENTSYS_MIDTRANS_CHARGE_TIMEOUT_S": "0.4"} if slow else {}
    with Simulator() as sim:
        channels = all_channels(sim, **impatient)
        agent = make_agent(session)
        bills = {name: bill(session, channel, agent) for name, channel in channels.items()}
        for name, reference in bills.items():
            operation = "snap" if name == "dana" else "charge"
            wish = {"operation": operation, "times": 1, "hang_s": 1.0, "drip_s": 0.05}
            sim.fault(answer, order_id=reference, **wish)
        ask_until_answered(session, channels)
        made = [transaction["order_id"] for transaction in sim.transactions()]

        for name, reference in bills.items():
            payment = payment_of(session, reference)
            if answer in REFUSALS:
                assert payment.state is PaymentState.FAILED, name
                assert payment.reason, name
                assert reference not in made
                continue
            assert payment.state is PaymentState.PENDING, name
            assert payment.shows_how_to_pay or name == "shopeepay", name
            assert made.count(reference) == (0 if name == "dana" else 1), name
            if name != "dana":
                sim.pay(reference)
                requests.recheck(channels[name], reference, by="test")
                assert books.held(session, payment_of(session, reference)) == ASKED_IDR, name

    assert set(circuit.stopped(session)) == (set(ALL) if answer in REFUSALS else set())
    assert len(bills) == len(ALL)
