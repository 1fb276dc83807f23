"""Tests that every payment channel must pass; the author of a plugin can inherit them.

Subclass ChannelPromises in a test module, and give it the channel; pytest runs the rest:

    class TestMyChannel(ChannelPromises):
        @pytest.fixture
        def channel(self):
            return MyChannel()
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentsys.extension.contract import (
    Callback,
    CallbackRejected,
    ChannelUnavailable,
    Custody,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.extension.registry import fault_of

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


class ChannelPromises:
    """The pytest class to inherit from; it needs a fixture `channel`."""

    @pytest.fixture
    def request_to_pay(self) -> PaymentRequest:
        """A payment to ask the channel for; override it if the channel needs other values."""
        return PaymentRequest(
            reference="AG-PROMISE-1",
            amount_idr=16_800,
            payer_name="Pekerja Contoh",
            description="Iuran November 2026",
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

    @pytest.mark.parametrize("body", GARBAGE)
    def test_garbage_is_rejected_as_a_callback(self, channel: PaymentChannel, body: bytes) -> None:
        """`whose` raises CallbackRejected for an unreadable callback, and nothing else."""
        with pytest.raises(CallbackRejected):
            channel.whose(Callback(headers={}, body=body))

    def test_starting_twice_with_one_reference_asks_for_the_money_once(
        self, channel: PaymentChannel, request_to_pay: PaymentRequest
    ) -> None:
        """The second answer is about the first payment."""
        first, second = channel.start(request_to_pay), channel.start(request_to_pay)

        assert isinstance(first, PaymentReport)
        assert first.reference == second.reference == request_to_pay.reference
        assert first.amount_idr == second.amount_idr == request_to_pay.amount_idr
        assert first.provider_ref == second.provider_ref
        assert not first.for_a_person

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
