"""Debits of a card that its holder saved on Midtrans' own page, after 3-D Secure.

No card number comes here: the holder types it at Midtrans. Known here are Midtrans' token for the
card, its masked number and its bank. Midtrans' own schedules and retries are not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from agentsys import clock
from agentsys.extension.contract import (
    Capabilities,
    ChannelUnavailable,
    Decline,
    Limits,
    MandateChannel,
    MandateEnd,
    MandateReport,
    MandateRequest,
    MandateState,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    RefundRequest,
    Refunds,
)
from agentsys.plugins._midtrans.channel import NOT_ACTIVE, MidtransChannel
from agentsys.plugins._midtrans.client import Answer, GatewayRefused, Midtrans
from agentsys.plugins._midtrans.settings import MidtransSettings
from agentsys.plugins._midtrans.vocabulary import midtrans_time

# Reserved while the card is saved, and released afterwards; less is not taken from a card.
RESERVED_IDR = 10_000
MINUTES = 15  # in which the holder may use the page
TOKEN_MAX = 50
SAVED = ("authorize", "capture", "settlement")
KEPT = ("transaction_status", "status_code", "fraud_status", "masked_card", "bank", "card_type",
        "saved_token_id_expired_at", "channel_response_code")  # fmt: skip

# What the card's bank answers to a debit that it refuses. A code that is not here is for a person,
# such as 05, which banks use for reasons of every kind.
DECLINES = {
    "04": Decline.ENDED,  # the bank wants the card back
    "07": Decline.ENDED,
    "14": Decline.ENDED,  # no such card
    "41": Decline.ENDED,  # lost
    "43": Decline.ENDED,  # stolen
    "51": Decline.FUNDS,
    "54": Decline.ENDED,  # the card is too old
    "57": Decline.NEEDS_PAYER,  # the holder must allow such debits
    "61": Decline.NEEDS_PAYER,  # above the card's limit
    "62": Decline.NEEDS_PAYER,  # the card is restricted
    "65": Decline.NEEDS_PAYER,  # too many debits
    "91": Decline.TRY_LATER,  # the bank cannot be reached
    "96": Decline.TRY_LATER,
}
# What Midtrans answers instead of making a charge; nothing was debited.
DEBIT_REFUSALS = {"411": Decline.ENDED}  # the token is unknown, or over

NOT_SAVED = "Kartu tidak dapat disimpan. Coba lagi dengan kartu lain, atau pakai cara lain."


class CardDebit(MandateChannel, MidtransChannel):
    """A saved card. Its handle is the order on whose page it was saved, then `/` and the token.

    While the holder has not consented, the handle is the order alone.
    """

    name: ClassVar[str] = "card_debit"
    label = "Debit otomatis kartu"
    icon = "credit-card"
    needs_phone = False
    limits = Limits(min_idr=10_000, max_idr=999_999_999)
    expires_after = timedelta(minutes=10)  # the page of the bank, should it want its holder
    refunds = Refunds(possible=True, partial=True, within=timedelta(days=180))

    def __init__(self, midtrans: Midtrans, settings: MidtransSettings) -> None:
        """Debit up to the sum that the contract with the bank allows without the holder."""
        super().__init__(midtrans, settings)
        self.capabilities = Capabilities(
            without_pin_up_to_idr=settings.card_debit_max_idr,
            cancellable=True,
            refundable=True,
            shared=True,
            ends_by_refusal=True,
        )

    def ask_mandate(self, request: MandateRequest) -> MandateReport:
        """Midtrans' page on which the holder types the card; asked twice, the newer page counts."""
        try:
            page = self._midtrans.snap(_page_wish(request))
        except GatewayRefused as refused:
            if refused.code == "402":
                return _not_given(refused.answer, NOT_ACTIVE)
            report = self.check_mandate(request.reference)  # perhaps an earlier page was used
            is_unknown = report.state is MandateState.ASKED
            return _not_given(refused.answer) if is_unknown else report
        return MandateReport(
            state=MandateState.PENDING,
            handle=request.reference,
            consent_url=page,
            consent_until=clock.now() + timedelta(minutes=MINUTES),
        )

    def check_mandate(self, handle: str) -> MandateReport:
        """How the card was saved; Midtrans cannot be asked whether it is still good."""
        order, _, token = handle.partition("/")
        try:
            answer = self._midtrans.status(order)
        except GatewayRefused as refused:
            if refused.code != "404":
                raise ChannelUnavailable(f"{order}: status refused, {refused.code}") from None
            state = MandateState.UNCLEAR if token else MandateState.ASKED
            return MandateReport(state=state, handle=handle, raw=_kept(refused.answer))
        if answer.get("order_id") != order:
            raise ChannelUnavailable(f"{order}: the answer is about another order")
        if token:
            self._release(order, answer)
        return _mandate(answer, order, token)

    def end_mandate(self, handle: str) -> MandateReport:
        """The card is never used again; Midtrans has no call that forgets it."""
        self.withdraw(handle.partition("/")[0])
        return MandateReport(state=MandateState.ENDED, end=MandateEnd.REVOKED_BY_US, handle=handle)

    def report(self, answer: Answer, reference: str) -> PaymentReport:
        """The report, with the class of a refusal, or with the bank's page for the holder."""
        word = str(answer.get("transaction_status", "")).lower()
        # A captured sum is ours: it only reaches the merchant's balance a day later.
        read = {**answer, "transaction_status": "settlement"} if word == "capture" else answer
        report = replace(super().report(read, reference), raw=_public(answer))
        if report.state is PaymentState.PENDING:
            page = answer.get("redirect_url")
            return replace(report, pay_url=page if isinstance(page, str) else "")
        if report.state is not PaymentState.FAILED:
            return report
        code = str(answer.get("channel_response_code", ""))
        known = DECLINES if answer.get("fraud_status", "accept") == "accept" else {}
        return replace(report, decline=known.get(code, Decline.UNKNOWN))

    def failed(self, request: PaymentRequest, refused: GatewayRefused) -> PaymentReport:
        """The report of a debit that Midtrans did not make."""
        decline = DEBIT_REFUSALS.get(refused.code, Decline.UNKNOWN)
        return replace(super().failed(request, refused), decline=decline)

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The card's token, and no wish to ask its holder."""
        token = request.mandate.partition("/")[2]
        return {"payment_type": "credit_card", "credit_card": {"token_id": token}}

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Debit the card once; a reference that Midtrans knows already is only asked about."""
        if "/" in request.mandate:
            return super().start(request)
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.FAILED,
            amount_idr=request.amount_idr,
            reason="Kartu ini belum disimpan.",
            decline=Decline.UNKNOWN,
        )

    def refund(self, request: RefundRequest) -> PaymentReport:
        """Give money back; what was captured today is only given back from tomorrow on."""
        try:
            answer = self._midtrans.status(request.provider_ref or request.reference)
        except GatewayRefused:
            return super().refund(request)
        if str(answer.get("transaction_status", "")).lower() == "capture":
            raise ChannelUnavailable(f"{request.reference}: not settled yet, so no refund yet")
        return super().refund(request)

    def _release(self, order: str, answer: Answer) -> None:
        """Let go of the sum that was reserved, once the token is known to the core."""
        if str(answer.get("transaction_status", "")).lower() not in ("authorize", "capture"):
            return
        try:
            self._midtrans.cancel(order)
        except GatewayRefused:
            return  # it is over by itself


def _page_wish(request: MandateRequest) -> dict[str, Any]:
    """A page that takes a card, asks its holder by 3-D Secure, and saves it."""
    end = {"duration": MINUTES, "unit": "minute"}
    wish: dict[str, Any] = {
        "transaction_details": {"order_id": request.reference, "gross_amount": RESERVED_IDR},
        "item_details": [
            {
                "id": "verifikasi",
                "price": RESERVED_IDR,
                "quantity": 1,
                "name": "Verifikasi kartu, dilepas kembali",
            }
        ],
        "enabled_payments": ["credit_card"],
        # Snap keeps cards by user; a reference of ours names nobody.
        "user_id": request.reference,
        "credit_card": {"secure": True, "save_card": True, "type": "authorize"},
        "expiry": end,
        "page_expiry": end,
    }
    if request.return_url:
        wish["callbacks"] = {"finish": request.return_url}
    return wish


def _mandate(answer: Answer, order: str, token: str) -> MandateReport:
    word = str(answer.get("transaction_status", "")).lower()
    given = answer.get("saved_token_id")
    said = given if isinstance(given, str) and 0 < len(given) <= TOKEN_MAX else ""
    accepted = answer.get("fraud_status", "accept") == "accept"
    if token or (word in SAVED and said and accepted):
        return MandateReport(
            state=MandateState.ACTIVE,
            handle=f"{order}/{token or said}",
            account=_name_of(answer),
            expires_at=midtrans_time(answer.get("saved_token_id_expired_at")),
            raw=_kept(answer),
        )
    if word == "pending" or (word in SAVED and not accepted):
        return MandateReport(state=MandateState.PENDING, handle=order, raw=_kept(answer))
    if word in SAVED:
        # The bank agreed, but Midtrans saved no card: the merchant's account may not.
        return MandateReport(state=MandateState.UNCLEAR, handle=order, raw=_kept(answer))
    return replace(_not_given(answer), handle=order)


def _not_given(answer: Answer, reason: str = NOT_SAVED) -> MandateReport:
    return MandateReport(
        state=MandateState.ENDED, end=MandateEnd.NOT_GIVEN, reason=reason, raw=_kept(answer)
    )


def _name_of(answer: Answer) -> str:
    """What the holder knows the card by: its bank and its last four digits."""
    masked, bank = answer.get("masked_card"), answer.get("bank")
    last = masked[-4:] if isinstance(masked, str) and masked[-4:].isdigit() else ""
    name = bank.upper()[:20] if isinstance(bank, str) else ""
    return f"{name} •••• {last}".strip() if last else name


def _kept(answer: Answer) -> dict[str, Any]:
    """What is kept for audits: nothing by which a card could be debited."""
    return {name: answer[name] for name in KEPT if name in answer}


def _public(answer: Answer) -> Mapping[str, Any]:
    hidden = ("signature_key", "saved_token_id")
    return {name: value for name, value in answer.items() if name not in hidden}
