"""Debits of a saved card against the simulator, over real HTTP with the real client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentsys.extension.contract import (
    ChannelNotConfigured,
    ChannelUnavailable,
    Decline,
    MandateEnd,
    MandateRequest,
    MandateState,
    PaymentState,
    RefundRequest,
)
from agentsys.extension.testing_mandates import MandatePromises
from tests.plugins.midtrans_debits import debit_channels, debit_of

WISH = MandateRequest(reference="M-1", phone="", return_url="https://agentsys.example/saya")
BY_BANK_DENIED = "4911111111111113"
MAX_IDR = 500_000


@pytest.fixture
def debit(sim):
    return debit_channels(sim, AGENTSYS_MIDTRANS_CARD_DEBIT_MAX_IDR=str(MAX_IDR))["card_debit"]


@pytest.fixture
def consents(sim):
    """The holder types a card on the page, and says yes at the bank."""

    def consent(handle, **card):
        order = handle.partition("/")[0]
        sim.do("choose", order, method="credit_card", **card)
        sim.pay(order)

    return consent


@pytest.fixture
def saved(debit, consents):
    """The handle of a card that was saved."""
    consents(debit.ask_mandate(WISH).handle)
    return debit.check_mandate("M-1").handle


@pytest.fixture
def bank_says(sim, saved):
    """The card's bank answers debits with a code from now on."""
    return lambda code: sim.do("card", saved.partition("/")[2], response=code)


class TestPromises(MandatePromises):
    """What every channel with mandates promises."""

    @pytest.fixture
    def channel(self, debit):
        """Debits against the simulator."""
        return debit

    @pytest.fixture
    def consents(self, consents):
        """The holder consents."""
        return consents

    @pytest.fixture
    def refuses(self, consents):
        """The bank refuses the holder's card."""
        return lambda handle: consents(handle, card_number=BY_BANK_DENIED)

    @pytest.fixture
    def runs_dry(self, sim):
        """The card has no money left."""
        return lambda handle: sim.do("card", handle.partition("/")[2], response="51")


def test_cards_are_debited_only_where_a_sum_was_set_for_it(sim):
    assert set(debit_channels(sim)) == {"gopay_debit"}


def test_the_sum_is_a_number(sim):
    with pytest.raises(ChannelNotConfigured, match="rupiah bulat"):
        debit_channels(sim, AGENTSYS_MIDTRANS_CARD_DEBIT_MAX_IDR="lima ratus ribu")


def test_the_card_is_typed_on_the_page_of_the_gateway(sim, debit):
    asked = debit.ask_mandate(WISH)

    assert (asked.state, asked.handle) == (MandateState.PENDING, "M-1")
    assert asked.consent_url.startswith(sim.url)
    assert sim.transactions() == []


def test_what_the_holder_knows_the_card_by_and_until_when_it_is_good(debit, saved):
    report = debit.check_mandate(saved)

    assert report.account == "BNI •••• 1114"
    assert report.expires_at > datetime.now(UTC) + timedelta(days=365)


def test_nothing_that_could_debit_the_card_is_in_what_is_kept_for_audits(debit, saved):
    token = saved.partition("/")[2]
    kept = [debit.check_mandate(saved).raw, debit.start(debit_of(saved)).raw]

    assert token
    assert all(token not in str(raw) for raw in kept)


def test_the_reserved_sum_is_released_and_the_card_stays_saved(sim, debit, saved):
    before = sim.transactions()[0]["transaction_status"]
    report = debit.check_mandate(saved)
    again = debit.check_mandate(saved)

    assert (before, sim.transactions()[0]["transaction_status"]) == ("authorize", "cancel")
    assert (report.state, again.state) == (MandateState.ACTIVE, MandateState.ACTIVE)
    assert debit.start(debit_of(saved)).state is PaymentState.SETTLED


def test_the_sum_is_not_released_before_the_core_knows_the_token(sim, debit, consents):
    consents(debit.ask_mandate(WISH).handle)
    first, second = debit.check_mandate("M-1"), debit.check_mandate("M-1")

    assert first.handle == second.handle
    assert sim.transactions()[0]["transaction_status"] == "authorize"


def test_a_page_that_nobody_used_is_not_known_to_the_gateway(debit):
    assert debit.check_mandate(debit.ask_mandate(WISH).handle).state is MandateState.ASKED


def test_three_d_secure_that_nobody_finished_gives_no_consent(sim, debit):
    debit.ask_mandate(WISH)
    sim.do("choose", "M-1", method="credit_card")
    waiting = debit.check_mandate("M-1")
    sim.advance(901)
    over = debit.check_mandate("M-1")

    assert waiting.state is MandateState.PENDING
    assert (over.state, over.end) == (MandateState.ENDED, MandateEnd.NOT_GIVEN)
    assert over.reason.endswith(".")


def test_a_challenged_card_waits(debit, consents):
    consents(debit.ask_mandate(WISH).handle, card_number="4511111111111117")

    assert debit.check_mandate("M-1").state is MandateState.PENDING


def test_a_channel_that_is_not_activated_says_so(sim, debit):
    sim.fault("402", operation="snap")

    report = debit.ask_mandate(WISH)

    assert (report.state, report.end) == (MandateState.ENDED, MandateEnd.NOT_GIVEN)
    assert "Midtrans" in report.reason


def test_a_captured_debit_is_paid_and_goes_on_being_so(sim, debit, saved):
    at_once = debit.start(debit_of(saved))
    sim.advance(90_000)

    assert at_once.state is PaymentState.SETTLED
    assert debit.check("D-1").state is PaymentState.SETTLED


def test_only_up_to_the_sum_of_the_contract_without_the_holder(debit):
    assert debit.capabilities.without_pin_up_to_idr == MAX_IDR


@pytest.mark.parametrize(
    ("code", "decline"),
    [
        ("51", Decline.FUNDS),
        ("54", Decline.ENDED),
        ("41", Decline.ENDED),
        ("61", Decline.NEEDS_PAYER),
        ("91", Decline.TRY_LATER),
        ("05", Decline.UNKNOWN),
    ],
)
def test_the_codes_of_banks_have_classes_also_when_asked_later(
    debit, saved, bank_says, code, decline
):
    bank_says(code)

    assert debit.start(debit_of(saved)).decline is decline
    later = debit.check("D-1")
    assert (later.state, later.decline) == (PaymentState.FAILED, decline)


def test_a_card_that_the_gateway_forgot_has_ended(sim, debit, saved):
    sim.do("card", saved.partition("/")[2], forgotten=True)

    report = debit.start(debit_of(saved))

    assert (report.state, report.decline) == (PaymentState.FAILED, Decline.ENDED)


@pytest.mark.parametrize("fault", ["503", "html_502", "cut_short"])
def test_a_lost_answer_is_unknown_and_the_question_shows_the_debit(sim, debit, saved, fault):
    sim.fault(fault, operation="charge", times=1, after=True)

    with pytest.raises(ChannelUnavailable):
        debit.start(debit_of(saved))

    assert debit.check("D-1").state is PaymentState.SETTLED


def test_a_refund_waits_until_the_capture_settled(sim, debit, saved):
    debit.start(debit_of(saved))
    wish = RefundRequest(
        reference="D-1", provider_ref="", key="R-1", amount_idr=16_800, reason="Dobel"
    )
    with pytest.raises(ChannelUnavailable):
        debit.refund(wish)
    sim.advance(90_000)

    assert debit.refund(wish).state is PaymentState.REFUNDED
