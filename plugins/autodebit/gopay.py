"""Debits of a GoPay account that its owner linked on GoPay's own page.

Midtrans' own schedules and retries are not used: the core alone decides when to debit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from agentsys import clock
from agentsys.extension.contract import (
    Callback,
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
    Refunds,
)
from agentsys.plugins._midtrans.channel import MidtransChannel
from agentsys.plugins._midtrans.client import Answer, GatewayRefused
from agentsys.plugins._midtrans.signature import unsigned_notice
from agentsys.plugins._midtrans.vocabulary import link_of

WALLET = "GOPAY_WALLET"
CONSENT_WITHIN = timedelta(minutes=15)
HANDLE_MAX = 80

# What GoPay answers to a debit that it refuses. A code that is not here is for a person.
DECLINES = {
    "101": Decline.NEEDS_PAYER,  # the wallet is blocked
    "112": Decline.ENDED,  # the account is not linked
    "201": Decline.FUNDS,
}
# What Midtrans answers instead of making a charge; nothing was debited.
DEBIT_REFUSALS = {
    "404": Decline.ENDED,
    "410": Decline.NEEDS_PAYER,
    "411": Decline.TRY_LATER,  # the token was too old
}
NOT_LINKED = {
    "105": "Nomor ini tidak punya akun GoPay. Periksa nomornya, atau pakai cara lain.",
    "101": "Akun GoPay ini diblokir. Pembayar dapat menghubungi GoPay, atau pakai cara lain.",
}
NOT_LINKED_ELSE = "GoPay menolak menghubungkan akun ini. Coba lagi nanti, atau pakai cara lain."


class GoPayDebit(MandateChannel, MidtransChannel):
    """A linked GoPay account; `mandate` in a request is Midtrans' id of the account."""

    name: ClassVar[str] = "gopay_debit"
    label = "Debit otomatis GoPay"
    icon = "repeat"
    by_hand = "gopay"
    limits = Limits(min_idr=1, max_idr=20_000_000)
    expires_after = timedelta(minutes=5)  # the page for the PIN
    refunds = Refunds(possible=True, partial=True, within=timedelta(days=180))
    # From 100,000 rupiah on, GoPay may ask for a PIN.
    capabilities = Capabilities(
        without_pin_up_to_idr=99_999, cancellable=True, refundable=True, shared=True
    )

    def ask_mandate(self, request: MandateRequest) -> MandateReport:
        """GoPay's page on which the owner consents; asked twice, the newer page counts."""
        partner = {"phone_number": request.phone.removeprefix("+62"), "country_code": "62"}
        if request.return_url:
            partner["redirect_url"] = request.return_url
        try:
            answer = self._midtrans.link_account(
                {"payment_type": "gopay", "gopay_partner": partner}
            )
        except GatewayRefused as refused:
            return _not_given(refused.answer)
        if not answer.get("account_id"):
            return _not_given(answer)
        report = _mandate(answer)
        return replace(report, consent_until=clock.now() + CONSENT_WITHIN)

    def check_mandate(self, handle: str) -> MandateReport:
        """How the account stands at Midtrans; UNCLEAR if Midtrans does not know it."""
        try:
            return _mandate(self._midtrans.account(handle), handle)
        except GatewayRefused as refused:
            return MandateReport(state=MandateState.UNCLEAR, handle=handle, raw=refused.answer)

    def end_mandate(self, handle: str) -> MandateReport:
        """Unlink the account; one that still waits for consent ends by itself."""
        try:
            answer = self._midtrans.unlink_account(handle)
        except GatewayRefused:
            return self.check_mandate(handle)
        report = _mandate(answer, handle)
        if report.state is MandateState.ENDED:
            return replace(report, end=MandateEnd.REVOKED_BY_US)
        return self.check_mandate(handle)

    def whose_mandate(self, callback: Callback) -> str | None:
        """The account of a notice about it, or about a subscription that debits it.

        Nobody can prove such a notice: it is only a hint.
        """
        notice = unsigned_notice(callback)
        if notice is None:
            return None
        account = notice.get("account_id") or _account_of(notice.get("subscription", notice))
        return account if isinstance(account, str) and 0 < len(account) <= HANDLE_MAX else None

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Debit the account once; a reference that Midtrans knows already is only asked about."""
        try:
            return super().start(request)
        except _NotDebitable as why:
            return PaymentReport(
                reference=request.reference,
                state=PaymentState.FAILED,
                amount_idr=request.amount_idr,
                reason=str(why),
                decline=why.decline,
            )

    def report(self, answer: Answer, reference: str) -> PaymentReport:
        """The report, with the class of a refusal, or with the page for the PIN."""
        report = super().report(answer, reference)
        if report.state is PaymentState.PENDING:
            return replace(report, pay_url=link_of(answer, "verification-link-url"))
        if report.state is not PaymentState.FAILED:
            return report
        code = str(answer.get("channel_response_code", ""))
        return replace(report, decline=DECLINES.get(code, Decline.UNKNOWN))

    def failed(self, request: PaymentRequest, refused: GatewayRefused) -> PaymentReport:
        """The report of a debit that Midtrans did not make."""
        decline = DEBIT_REFUSALS.get(refused.code, Decline.UNKNOWN)
        return replace(super().failed(request, refused), decline=decline)

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The account and its token of today."""
        wish = {
            "account_id": request.mandate,
            "payment_option_token": self._token(request.mandate),
        }
        if request.return_url:
            wish["callback_url"] = request.return_url
        return {"payment_type": "gopay", "gopay": wish}

    def _token(self, handle: str) -> str:
        """The account's token, which changes; _NotDebitable if the account cannot be debited."""
        try:
            answer = self._midtrans.account(handle)
        except GatewayRefused as refused:
            raise _NotDebitable(Decline.UNKNOWN, f"Midtrans: {refused.code}") from None
        status = answer.get("account_status")
        if status in ("EXPIRED", "DISABLED"):
            raise _NotDebitable(Decline.ENDED, "Akun GoPay sudah tidak terhubung.")
        option = _wallet(answer)
        if status != "ENABLED" or option is None:
            raise _NotDebitable(Decline.UNKNOWN, "Status akun GoPay tidak jelas.")
        token = option.get("token")
        if not option.get("active") or not isinstance(token, str):
            raise _NotDebitable(Decline.NEEDS_PAYER, "Akun GoPay ini diblokir.")
        return token


class _NotDebitable(Exception):
    """The account cannot be debited now; nothing was charged."""

    def __init__(self, decline: Decline, text: str) -> None:
        super().__init__(text)
        self.decline = decline


def _mandate(answer: Answer, handle: str = "") -> MandateReport:
    """What Midtrans says of an account; ChannelUnavailable if it is about another one."""
    account = answer.get("account_id")
    if not isinstance(account, str) or not account or (handle and account != handle):
        raise ChannelUnavailable("Midtrans: the answer is about another account")
    state, end = _state(answer)
    return MandateReport(
        state=state,
        end=end,
        handle=account,
        consent_url=link_of(answer, "activation-link-url"),
        raw=_without_tokens(answer),
    )


def _state(answer: Answer) -> tuple[MandateState, MandateEnd | None]:
    match answer.get("account_status"):
        case "PENDING":
            return MandateState.PENDING, None
        case "ENABLED":
            option = _wallet(answer)
            # An answer without options, such as that to an activation, says nothing against it.
            is_active = option is None or bool(option.get("active"))
            return (MandateState.ACTIVE if is_active else MandateState.SUSPENDED), None
        case "EXPIRED":
            return MandateState.ENDED, MandateEnd.NOT_GIVEN
        case "DISABLED":
            return MandateState.ENDED, MandateEnd.REVOKED_BY_PAYER
        case _:
            return MandateState.UNCLEAR, None


def _not_given(answer: Answer) -> MandateReport:
    code = str(answer.get("channel_response_code", ""))
    return MandateReport(
        state=MandateState.ENDED,
        end=MandateEnd.NOT_GIVEN,
        reason=NOT_LINKED.get(code, NOT_LINKED_ELSE),
        raw=answer,
    )


def _wallet(answer: Answer) -> Mapping[str, Any] | None:
    metadata = answer.get("metadata")
    options = metadata.get("payment_options") if isinstance(metadata, Mapping) else None
    for option in options if isinstance(options, list) else ():
        if isinstance(option, Mapping) and option.get("name") == WALLET:
            return option
    return None


def _account_of(subscription: object) -> object:
    """The account that a subscription debits."""
    wallet = subscription.get("gopay") if isinstance(subscription, Mapping) else None
    return wallet.get("account_id") if isinstance(wallet, Mapping) else None


def _without_tokens(answer: Answer) -> Answer:
    """What is kept for audits: no token, and no balance, which is nobody's business here."""
    return {name: value for name, value in answer.items() if name != "metadata"}
