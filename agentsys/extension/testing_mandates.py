"""Tests that every channel with mandates must pass; the author of a plugin can inherit them.

Subclass MandatePromises in a test module, and give it the channel and the payer's side of the
provider; pytest runs the rest, with all that ChannelPromises asks of a channel:

    class TestMyDebits(MandatePromises):
        @pytest.fixture
        def channel(self):
            return MyDebits()

        @pytest.fixture
        def consents(self, provider):
            return provider.payer_agrees
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from agentsys.extension.contract import (
    Callback,
    Capabilities,
    ChannelUnavailable,
    Decline,
    MandateChannel,
    MandateEnd,
    MandateReport,
    MandateRequest,
    MandateState,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.extension.testing import GARBAGE, ChannelPromises

Payer = Callable[[str], object]  # what a payer does at the provider; it gets the handle

PAID = (PaymentState.SETTLED, PaymentState.PENDING)


class MandatePromises(ChannelPromises):
    """The pytest class to inherit from; it needs the fixtures `channel` and `consents`."""

    @pytest.fixture
    def refuses(self) -> Payer | None:
        """The payer refuses on the provider's page; override it where that is possible."""
        return None

    @pytest.fixture
    def revokes(self) -> Payer | None:
        """The payer ends the permission at the provider; override it where that is possible."""
        return None

    @pytest.fixture
    def runs_dry(self) -> Payer | None:
        """The account has too little money from now on; override it where that is possible."""
        return None

    @pytest.fixture
    def request_to_consent(self) -> MandateRequest:
        """A mandate to ask for; override it if the channel needs other values."""
        return MandateRequest(
            reference="AG-PROMISE-M",
            phone="+6281234567890",
            return_url="https://agentsys.example/saya",
        )

    @pytest.fixture
    def agreed(
        self, channel: MandateChannel, consents: Payer, request_to_consent: MandateRequest
    ) -> str:
        """The handle of a mandate whose payer consented."""
        asked = channel.ask_mandate(request_to_consent)
        consents(asked.handle)
        report = channel.check_mandate(asked.handle)
        return report.handle or asked.handle

    @pytest.fixture
    def request_to_pay(self, agreed: str) -> PaymentRequest:
        """A debit of the agreed mandate."""
        return _debit(agreed)

    def test_its_capabilities_agree_with_its_terms(self, channel: MandateChannel) -> None:
        """What can be refunded is said twice, and once the same; some sum goes without a PIN."""
        able = channel.capabilities
        assert isinstance(able, Capabilities)
        assert able.refundable == channel.refunds.possible
        assert able.without_pin_up_to_idr >= 0

    def test_what_waits_for_consent_shows_the_page_of_the_provider(
        self, channel: MandateChannel, request_to_consent: MandateRequest
    ) -> None:
        """A page, a handle that the core can keep, and no end."""
        asked = channel.ask_mandate(request_to_consent)

        assert asked.state in (MandateState.PENDING, MandateState.ACTIVE)
        assert 0 < len(asked.handle) <= 80
        assert len(asked.account) <= 60
        if asked.state is MandateState.PENDING:
            assert asked.consent_url.startswith(("https://", "http://"))
            assert len(asked.consent_url) <= 500
        assert asked.consent_until is None or asked.consent_until.tzinfo is not None
        _is_kept(asked)

    def test_asking_twice_leaves_one_page_on_which_the_payer_can_consent(
        self, channel: MandateChannel, consents: Payer, request_to_consent: MandateRequest
    ) -> None:
        """The second answer counts; the mandate is active after it."""
        channel.ask_mandate(request_to_consent)
        again = channel.ask_mandate(request_to_consent)
        consents(again.handle)

        assert channel.check_mandate(again.handle).state is MandateState.ACTIVE

    def test_without_consent_nothing_is_debited(
        self, channel: MandateChannel, request_to_consent: MandateRequest
    ) -> None:
        """A debit of a mandate that waits is refused, or nobody knows; it is never paid."""
        asked = channel.ask_mandate(request_to_consent)
        if asked.state is MandateState.ACTIVE:
            return
        try:
            report = channel.start(_debit(asked.handle, "AG-PROMISE-0"))
        except ChannelUnavailable:
            return
        assert report.state not in PAID

    def test_consent_is_seen_by_asking_as_often_as_one_likes(
        self, channel: MandateChannel, agreed: str
    ) -> None:
        """The state is ACTIVE each time, under the same handle."""
        for _ in range(2):
            report = channel.check_mandate(agreed)
            assert report.state is MandateState.ACTIVE
            assert report.handle in ("", agreed)
            assert report.expires_at is None or report.expires_at.tzinfo is not None
            _is_kept(report)

    def test_a_consented_account_is_debited_without_the_payer(
        self, channel: MandateChannel, request_to_pay: PaymentRequest
    ) -> None:
        """Up to the sum in the capabilities it is paid; above, the payer gets a page."""
        report = channel.start(request_to_pay)

        assert report.amount_idr == request_to_pay.amount_idr
        if request_to_pay.amount_idr <= channel.capabilities.without_pin_up_to_idr:
            assert report.state is PaymentState.SETTLED
        if report.state is PaymentState.PENDING:
            assert report.pay_url

    def test_a_debit_of_a_mandate_that_nobody_knows_is_not_paid(
        self, channel: MandateChannel
    ) -> None:
        """It is refused with a class, or nobody knows."""
        try:
            report = channel.start(_debit("no-such-mandate", "AG-PROMISE-2"))
        except ChannelUnavailable:
            return
        assert report.state is PaymentState.FAILED
        assert isinstance(report.decline, Decline)

    def test_a_mandate_that_nobody_knows_is_not_active(self, channel: MandateChannel) -> None:
        """`check_mandate` says so or raises ChannelUnavailable."""
        try:
            report = channel.check_mandate("no-such-mandate")
        except ChannelUnavailable:
            return
        assert report.state not in (MandateState.ACTIVE, MandateState.PENDING)

    def test_we_can_end_it_and_twice_is_once(self, channel: MandateChannel, agreed: str) -> None:
        """The report after it is ENDED, with its reason."""
        assert channel.end_mandate(agreed).end is MandateEnd.REVOKED_BY_US
        assert channel.end_mandate(agreed).state is MandateState.ENDED

    def test_a_refusal_on_the_page_is_no_consent(
        self,
        channel: MandateChannel,
        refuses: Payer | None,
        request_to_consent: MandateRequest,
    ) -> None:
        """The mandate ended, because consent was not given."""
        if refuses is None:
            return
        asked = channel.ask_mandate(request_to_consent)
        refuses(asked.handle)

        assert channel.check_mandate(asked.handle).end is MandateEnd.NOT_GIVEN

    def test_revoked_by_the_payer_it_has_ended_and_nothing_is_debited(
        self, channel: MandateChannel, revokes: Payer | None, agreed: str
    ) -> None:
        """Both the mandate's state and the class of a refused debit say so."""
        if revokes is None:
            return
        revokes(agreed)

        assert channel.check_mandate(agreed).end is MandateEnd.REVOKED_BY_PAYER
        report = channel.start(_debit(agreed))
        assert (report.state, report.decline) == (PaymentState.FAILED, Decline.ENDED)

    def test_too_little_money_is_a_refusal_for_lack_of_funds(
        self, channel: MandateChannel, runs_dry: Payer | None, agreed: str
    ) -> None:
        """The class is FUNDS, at once and when asked later: the core may try again."""
        if runs_dry is None:
            return
        runs_dry(agreed)
        at_once = channel.start(_debit(agreed))

        assert (at_once.state, at_once.decline) == (PaymentState.FAILED, Decline.FUNDS)
        assert _later(channel, at_once).decline is Decline.FUNDS

    @pytest.mark.parametrize("body", GARBAGE)
    def test_garbage_names_no_mandate(self, channel: MandateChannel, body: bytes) -> None:
        """`whose_mandate` returns None for what it cannot read, and raises nothing."""
        assert channel.whose_mandate(Callback(headers={}, body=body)) is None


def _debit(handle: str, reference: str = "AG-PROMISE-1") -> PaymentRequest:
    return PaymentRequest(
        reference=reference,
        amount_idr=16_800,
        payer_name="Pekerja Contoh",
        description="Iuran November 2026",
        mandate=handle,
    )


def _later(channel: MandateChannel, report: PaymentReport) -> PaymentReport:
    return channel.check(report.reference)


def _is_kept(report: MandateReport) -> None:
    """The report can be stored: its `raw` is JSON."""
    assert json.loads(json.dumps(dict(report.raw))) == dict(report.raw)
