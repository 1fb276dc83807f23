"""Debits of a linked GoPay account against the simulator, over real HTTP with the real client."""

from __future__ import annotations

import json

import pytest

from agentsys.extension.contract import (
    Callback,
    ChannelUnavailable,
    Decline,
    MandateEnd,
    MandateRequest,
    MandateState,
    PaymentState,
)
from agentsys.extension.testing_mandates import MandatePromises
from tests.plugins.midtrans_debits import debit_channels, debit_of

PHONE = "+6281234567890"


def wish(phone=PHONE):
    return MandateRequest(reference="M-1", phone=phone, return_url="https://agentsys.example/debit")


@pytest.fixture
def debit(sim):
    return debit_channels(sim)["gopay_debit"]


@pytest.fixture
def linked(sim, debit):
    """The handle of an account whose owner consented."""
    handle = debit.ask_mandate(wish()).handle
    sim.do("link", handle)
    return handle


class TestPromises(MandatePromises):
    """What every channel with mandates promises."""

    @pytest.fixture
    def channel(self, debit):
        """Debits against the simulator."""
        return debit

    @pytest.fixture
    def consents(self, sim):
        """The owner agrees on GoPay's page."""
        return lambda handle: sim.do("link", handle)

    @pytest.fixture
    def refuses(self, sim):
        """The owner refuses on GoPay's page."""
        return lambda handle: sim.do("refuse", handle)

    @pytest.fixture
    def revokes(self, sim):
        """The owner unlinks the account in the wallet."""
        return lambda handle: sim.do("unlink", handle)

    @pytest.fixture
    def runs_dry(self, sim):
        """The wallet is nearly empty."""
        return lambda handle: sim.do("account", handle, wallet_idr=1_000)


def test_consent_is_given_on_the_page_of_gopay(sim, debit):
    asked = debit.ask_mandate(wish())

    assert asked.state is MandateState.PENDING
    assert asked.consent_url.startswith(sim.url)
    assert asked.consent_until is not None
    sim.do("link", asked.handle)
    assert debit.check_mandate(asked.handle).state is MandateState.ACTIVE


def test_nothing_of_the_balance_or_tokens_is_kept(debit, linked):
    assert "metadata" not in debit.check_mandate(linked).raw


def test_refused_on_the_page_the_consent_was_not_given(sim, debit):
    asked = debit.ask_mandate(wish())
    sim.do("refuse", asked.handle)

    report = debit.check_mandate(asked.handle)

    assert (report.state, report.end) == (MandateState.ENDED, MandateEnd.NOT_GIVEN)


@pytest.mark.parametrize(("phone", "words"), [("+62123450001", "GoPay"), ("+62123450002", "bloki")])
def test_a_phone_without_a_usable_wallet_gets_a_sentence(debit, phone, words):
    report = debit.ask_mandate(wish(phone))

    assert (report.state, report.end) == (MandateState.ENDED, MandateEnd.NOT_GIVEN)
    assert words in report.reason


def test_revoked_by_the_owner_the_mandate_has_ended(sim, debit, linked):
    sim.do("unlink", linked)

    report = debit.check_mandate(linked)

    assert (report.state, report.end) == (MandateState.ENDED, MandateEnd.REVOKED_BY_PAYER)


def test_we_end_it_at_the_provider(debit, linked):
    assert debit.end_mandate(linked).end is MandateEnd.REVOKED_BY_US
    assert debit.end_mandate(linked).state is MandateState.ENDED


def test_one_that_waits_for_consent_cannot_be_ended_yet(debit):
    asked = debit.ask_mandate(wish())

    assert debit.end_mandate(asked.handle).state is MandateState.PENDING


def test_an_account_that_midtrans_does_not_know_is_unclear(debit):
    assert debit.check_mandate("no-such-account").state is MandateState.UNCLEAR


def test_a_blocked_wallet_is_suspended(sim, debit, linked):
    sim.do("account", linked, blocked=True)

    assert debit.check_mandate(linked).state is MandateState.SUSPENDED
    report = debit.start(debit_of(linked))
    assert (report.state, report.decline) == (PaymentState.FAILED, Decline.NEEDS_PAYER)


def test_a_debit_below_the_limit_is_settled_at_once_without_a_pin(debit, linked):
    report = debit.start(debit_of(linked))

    assert report.state is PaymentState.SETTLED
    assert report.amount_idr == 16_800


def test_too_little_money_is_a_refusal_for_lack_of_funds_also_when_asked_later(sim, debit, linked):
    sim.do("account", linked, wallet_idr=1_000)

    assert debit.start(debit_of(linked)).decline is Decline.FUNDS
    later = debit.check("D-1")
    assert (later.state, later.decline) == (PaymentState.FAILED, Decline.FUNDS)


def test_a_debit_of_an_account_that_was_unlinked_is_ended(sim, debit, linked):
    sim.do("unlink", linked)

    report = debit.start(debit_of(linked))

    assert (report.state, report.decline) == (PaymentState.FAILED, Decline.ENDED)


def test_above_the_limit_the_owner_gets_a_page_for_the_pin(debit, linked):
    report = debit.start(debit_of(linked, amount_idr=150_000))

    assert report.state is PaymentState.PENDING
    assert report.pay_url
    assert not report.qr_string


def test_a_limit_in_the_capabilities_is_the_one_of_the_gateway(debit, linked):
    limit_idr = debit.capabilities.without_pin_up_to_idr

    below = debit.start(debit_of(linked, amount_idr=limit_idr))
    above = debit.start(debit_of(linked, "D-2", amount_idr=limit_idr + 1))

    assert (below.state, above.state) == (PaymentState.SETTLED, PaymentState.PENDING)


@pytest.mark.parametrize("fault", ["503", "html_502", "cut_short"])
def test_a_lost_answer_is_unknown_and_the_question_shows_that_it_was_debited(
    sim, debit, linked, fault
):
    sim.fault(fault, operation="charge", times=1, after=True)

    with pytest.raises(ChannelUnavailable):
        debit.start(debit_of(linked))

    assert debit.check("D-1").state is PaymentState.SETTLED


def test_account_notices_only_name_the_account(debit):
    body = json.dumps({"account_id": "acc-1", "account_status": "DISABLED"}).encode()

    assert debit.whose_mandate(Callback(headers={}, body=body)) == "acc-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 5000,
        b'{"account_id": 1, "account_status": "ENABLED"}',
        b'{"account_id": "acc-1"}',
        b'{"order_id": "D-1", "account_id": "acc-1", "account_status": "ENABLED"}',
        b'{"account_id": "' + b"x" * 81 + b'", "account_status": "ENABLED"}',
    ],
)
def test_what_is_no_account_notice_names_no_account(debit, body):
    assert debit.whose_mandate(Callback(headers={}, body=body)) is None
