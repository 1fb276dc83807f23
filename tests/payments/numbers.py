"""A channel that shows a number, asks for a phone, adds a fee, and knows its own numbers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from agentsys.extension.contract import (
    Callback,
    CallbackAnswer,
    Fee,
    FormField,
    Guide,
    Invalid,
    Limits,
    PayCode,
    PaymentReport,
    PaymentRequest,
)
from tests.payments.provider import DictPay


class NumberPay(DictPay):
    """A bank whose provider is a dict; it is asked by its own number once that is known."""

    name: ClassVar[str] = "numberpay"
    label = "Bank Angka"
    group = "Bank"
    provider = "angka"
    by_attempt = True
    callback_methods = frozenset({"GET", "POST"})
    limits = Limits(min_idr=10_000, max_idr=40_000)
    fee = Fee(flat_idr=4_000)
    expires_after = timedelta(days=1)
    form: ClassVar[Sequence[FormField]] = (
        FormField(name="phone", label="Nomor HP", hint="Yang terdaftar di bank.", kind="tel"),
    )
    guides = (Guide(title="Di bank", steps=("Ketik nomornya.",)),)

    def __init__(self) -> None:
        """Nothing was started, and no number is known."""
        super().__init__()
        self.requests: list[PaymentRequest] = []
        self.by_number: list[str] = []

    def read_form(self, inputs: Mapping[str, str]) -> Mapping[str, str]:
        """A phone of digits."""
        if not inputs.get("phone", "").isdigit():
            raise Invalid("Isi nomor HP dengan angka saja.")
        return {"phone": inputs["phone"]}

    def start(self, request: PaymentRequest) -> PaymentReport:
        """A number, and no time at which it ends."""
        self.requests.append(request)
        report = super().start(request)
        self.accounts[request.reference] = replace(
            report, pay_url="", codes=(PayCode(label="Nomor", value="8800123456789"),)
        )
        return self.accounts[request.reference]

    def attempt_of(self, callback: Callback) -> str:
        """The number is in the query."""
        return callback.query.removeprefix("number=")

    def check_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """Remember that it was asked by number."""
        self.by_number.append(attempt)
        return replace(self.check(reference), provider_ref=attempt)

    def cancel_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """Like a check."""
        return self.check_attempt(reference, attempt)

    def answer(self, callback: Callback) -> CallbackAnswer:
        """What this provider wants to read."""
        return CallbackAnswer(body='{"code": "00"}', content_type="application/json")
