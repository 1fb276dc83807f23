"""Tests that every payment channel must pass; the author of a plugin can inherit them.

Subclass ChannelPromises in a test module, and give it the channel; pytest runs the rest:

    class TestMyChannel(ChannelPromises):
        @pytest.fixture
        def channel(self):
            return MyChannel()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from agentsys.extension.contract import (
    Callback,
    CallbackRejected,
    ChannelUnavailable,
    Custody,
    Invalid,
    Payer,
    PayerKind,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    RefundRefused,
    RefundRequest,
)
from agentsys.extension.faults import fault_of

GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"text"',
    b"\xff\xfe\x00",
    b"{" * 5_000,
    b'{"order_id": 1, "status_code": [], "gross_amount": {}, "signature_key": null}',
    b'{"order_id": "x", "status_code": "200", "gross_amount": "1.00", "signature_key": "00"}',
)

NONSENSE = ("", " ", "\0", "<script>", "08" * 40, "+62", "nol delapan satu", "٠٨١٢٣٤٥٦٧٨٩")


class ChannelPromises:
    """The pytest class to inherit from; it needs a fixture `channel`."""

    @pytest.fixture
    def typed(self) -> Mapping[str, str]:
        """What a payer types into the channel's form; override it if it has one."""
        return {}

    @pytest.fixture
    def request_to_pay(self, channel: PaymentChannel, typed: Mapping[str, str]) -> PaymentRequest:
        """A payment to ask the channel for; override it if the channel needs other values."""
        return PaymentRequest(
            reference="AG-PROMISE-1",
            amount_idr=16_800,
            payer_name="Pekerja Contoh",
            description="Iuran November 2026",
            payer=Payer(kind=PayerKind.WORKER, id=7),
            inputs=channel.read_form(typed),
        )

    @pytest.fixture
    def for_a_person(self) -> Sequence[PaymentReport]:
        """Reports that a person must judge; override it where the provider can make some."""
        return ()

    def test_agentsys_takes_it(self, channel: PaymentChannel) -> None:
        """Its name and label are valid, and its icon exists."""
        fault = fault_of(channel)
        assert not fault, fault

    def test_it_says_who_holds_the_money(self, channel: PaymentChannel) -> None:
        """A provider's money needs a clearing account, an agent's must not have one."""
        assert (channel.custody is Custody.PROVIDER) == bool(channel.clearing)

    def test_its_limits_allow_something(self, channel: PaymentChannel) -> None:
        """Smallest and largest payment make sense."""
        assert 0 < channel.limits.min_idr <= channel.limits.max_idr

    def test_its_terms_make_sense(self, channel: PaymentChannel) -> None:
        """A payer has some time, and what can be refunded can be so for some time."""
        assert channel.expires_after > timedelta()
        assert channel.reversal_window >= timedelta()
        assert channel.refunds.possible == (channel.refunds.within > timedelta())
        assert channel.refunds.possible or not channel.refunds.partial
        assert 0 <= channel.fee.of(16_800) < 16_800

    def test_it_gives_back_only_what_was_paid(
        self, channel: PaymentChannel, request_to_pay: PaymentRequest
    ) -> None:
        """A refund of a payment that nobody paid is refused with a sentence, whatever it says."""
        own = type(channel).refund is not PaymentChannel.refund
        assert own or not channel.refunds.possible
        paid = channel.start(request_to_pay)
        if paid.state is PaymentState.SETTLED:
            return
        asked = RefundRequest(
            reference=request_to_pay.reference,
            provider_ref=paid.provider_ref,
            key="R-PROMISE-1",
            amount_idr=request_to_pay.amount_idr,
            reason="Uji",
        )
        with pytest.raises((RefundRefused, ChannelUnavailable)) as refused:
            channel.refund(asked)
        assert not isinstance(refused.value, RefundRefused) or str(refused.value).endswith(".")

    def test_its_guides_are_sentences(self, channel: PaymentChannel) -> None:
        """Each guide has a title, and its steps are whole sentences."""
        for guide in channel.guides:
            assert guide.title.strip() == guide.title != ""
            assert guide.steps
            assert all(step.endswith(".") and step == step.strip() for step in guide.steps)

    @pytest.mark.parametrize("text", NONSENSE)
    def test_its_form_refuses_nonsense_with_a_sentence(
        self, channel: PaymentChannel, text: str
    ) -> None:
        """`read_form` returns texts or raises Invalid, and nothing else."""
        said = ""
        read: Mapping[str, str] = {}
        try:
            read = channel.read_form({field.name: text for field in channel.form})
        except Invalid as refused:
            said = str(refused)
        assert not said or said.endswith(".")
        assert set(read) <= {field.name for field in channel.form}
        assert all(isinstance(value, str) for value in read.values())

    def test_its_form_reads_what_it_gave(
        self, channel: PaymentChannel, typed: Mapping[str, str]
    ) -> None:
        """Reading the form twice gives the same as once."""
        read = channel.read_form(typed)
        assert channel.read_form(read) == read

    def test_a_provider_that_needs_its_own_number_is_asked_by_it(
        self, channel: PaymentChannel
    ) -> None:
        """With `by_attempt` the methods are there that read and use the number."""
        own = {
            name
            for name in ("attempt_of", "check_attempt", "cancel_attempt")
            if getattr(type(channel), name) is not getattr(PaymentChannel, name)
        }
        assert len(own) == 3 or not channel.by_attempt
        assert channel.by_attempt or own <= {"attempt_of"}

    def test_its_answer_to_a_callback_is_text(self, channel: PaymentChannel) -> None:
        """The provider reads it once its callback was stored."""
        answer = channel.answer(Callback(headers={}, body=b"{}"))
        assert isinstance(answer.body, str)
        assert "/" in answer.content_type

    @pytest.mark.parametrize("body", GARBAGE)
    def test_garbage_is_rejected_as_a_callback(self, channel: PaymentChannel, body: bytes) -> None:
        """`whose` raises CallbackRejected for an unreadable callback, and nothing else."""
        with pytest.raises(CallbackRejected):
            channel.whose(Callback(headers={}, body=body))
        assert not channel.is_unsigned(Callback(headers={}, body=body))

    def test_starting_twice_with_one_reference_asks_for_the_money_once(
        self, channel: PaymentChannel, request_to_pay: PaymentRequest
    ) -> None:
        """The second answer is about the first payment."""
        first, second = channel.start(request_to_pay), channel.start(request_to_pay)

        assert isinstance(first, PaymentReport)
        assert first.reference == second.reference == request_to_pay.reference
        assert first.amount_idr == second.amount_idr == request_to_pay.amount_idr
        assert first.provider_ref == second.provider_ref
        assert first.codes == second.codes
        assert not first.for_a_person

    def test_what_waits_for_the_payer_shows_what_to_pay_with(
        self, channel: PaymentChannel, request_to_pay: PaymentRequest
    ) -> None:
        """A link, a QR or codes, none longer than the core keeps."""
        report = channel.start(request_to_pay)

        assert report.state is not PaymentState.CREATED
        assert len(report.pay_url) <= 500
        assert len(report.qr_string) <= 1_000
        assert len(report.provider_ref) <= 80
        assert all(
            0 < len(text) <= 60 for code in report.codes for text in (code.label, code.value)
        )
        if report.state is PaymentState.PENDING:
            assert report.pay_url or report.qr_string or report.codes

    def test_cancelling_says_how_the_payment_stands(
        self, channel: PaymentChannel, request_to_pay: PaymentRequest
    ) -> None:
        """The report is about the same payment; one that cannot be cancelled stays as it is."""
        channel.start(request_to_pay)
        try:
            report = channel.cancel(request_to_pay.reference)
        except ChannelUnavailable:
            return
        assert report.reference == request_to_pay.reference
        assert report.state is not PaymentState.FAILED

    def test_an_unknown_payment_is_created_or_unknown(self, channel: PaymentChannel) -> None:
        """`check` of an unknown reference returns CREATED or raises ChannelUnavailable."""
        try:
            report = channel.check("AG-NEVER-STARTED")
        except ChannelUnavailable:
            return
        assert report.state is PaymentState.CREATED

    def test_what_a_person_must_judge_is_a_sentence_and_what_is_left(
        self, for_a_person: Sequence[PaymentReport]
    ) -> None:
        """Finance reads the sentence; the amount is what the provider still holds."""
        for report in for_a_person:
            assert report.for_a_person.endswith(".")
            assert report.for_a_person.strip() == report.for_a_person
            assert report.amount_idr >= 0
