"""Refunds at Midtrans, as the simulator gives them."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import PaymentState, RefundRefused, RefundRequest
from agentsys.ledger import journal
from agentsys.payments import requests
from agentsys.payments.refund_models import RefundState
from agentsys.people.models import RoleName
from tests.factories import make_user
from tests.payments import refunding
from tests.payments.world import World
from tests.plugins.ewallet_bills import a_request, channels


def paid(sim, channel, reference="P-1"):
    """A paid bill; its number at Midtrans."""
    report = channel.start(a_request(reference))
    sim.pay(reference)
    return report.provider_ref


def a_refund(number, key="R-1", amount_idr=16_800):
    return RefundRequest(
        reference="P-1", provider_ref=number, key=key, amount_idr=amount_idr, reason="Dua kali"
    )


@pytest.mark.parametrize("name", ["gopay", "qris"])
def test_a_payment_goes_back_whole(sim, name):
    channel = channels(sim)[name]
    number = paid(sim, channel)

    report = channel.refund(a_refund(number))

    assert (report.state, report.amount_idr) == (PaymentState.REFUNDED, 16_800)
    assert [(each.key, each.amount_idr) for each in report.refunds] == [("R-1", 16_800)]


def test_a_part_leaves_the_rest_and_says_which_refund_it_was(sim, gopay):
    number = paid(sim, gopay)

    report = gopay.refund(a_refund(number, amount_idr=6_800))

    assert (report.state, report.amount_idr) == (PaymentState.SETTLED, 10_000)
    assert report.for_a_person
    assert [(each.key, each.amount_idr) for each in report.refunds] == [("R-1", 6_800)]


def test_the_same_key_gives_once(sim, gopay):
    number = paid(sim, gopay)
    gopay.refund(a_refund(number, amount_idr=6_800))

    again = gopay.refund(a_refund(number, amount_idr=6_800))

    assert again.amount_idr == 10_000
    assert len(again.refunds) == 1


def test_more_than_is_left_is_refused_in_words_for_finance(sim, gopay):
    number = paid(sim, gopay)

    with pytest.raises(RefundRefused, match="jumlah"):
        gopay.refund(a_refund(number, amount_idr=20_000))


def test_a_bill_that_nobody_paid_is_not_given_back(sim, gopay):
    number = gopay.start(a_request()).provider_ref

    with pytest.raises(RefundRefused):
        gopay.refund(a_refund(number))


def test_from_the_proposal_to_the_banks_confirmation(sim, gopay, session, vault):
    world = World.build(session, vault)
    world.wallet = gopay
    payment = world.ask()
    session.commit()
    requests.start(gopay, payment.reference, by="test")
    sim.pay(payment.reference)
    requests.recheck(gopay, payment.reference, by="test")
    refund = refunding.proposal(world, payment)
    second = make_user(session, RoleName.FINANCE, office_id=world.office_id)
    refunding.approve(world, refund, second.id)
    refunding.ask(world)
    assert (refund.state, payment.state) == (RefundState.GIVEN, PaymentState.REFUNDED)
    assert refund.confirmed_at is None

    sim.advance(120)
    requests.recheck(gopay, payment.reference, by="test")

    session.refresh(refund)
    assert refund.confirmed_at is not None
    assert not any(journal.balances(session).values())
