"""A third-party plugin: contributions paid by village coupons, and a bonus for each."""

from agentsys.extension.contract import (
    Beneficiary,
    ChannelNotConfigured,
    CommissionLine,
    Limits,
    Message,
    PaymentChannel,
    PaymentReport,
    PaymentState,
    hookimpl,
)

THANKS_IDR = 1_000


class Coupon(PaymentChannel):
    """A coupon that the village hall has already paid for."""

    name = "kupon"
    label = "Kupon desa"
    clearing = "balai_desa"
    limits = Limits(max_idr=100_000)

    def start(self, request):
        """Accept the coupon at once."""
        return self._settled(request.reference, request.amount_idr)

    def check(self, reference):
        """Coupons cannot be taken back; the amount is known to the core alone."""
        return PaymentReport(reference=reference, state=PaymentState.CREATED, amount_idr=0)

    def _settled(self, reference, amount_idr):
        return PaymentReport(reference=reference, state=PaymentState.SETTLED, amount_idr=amount_idr)


@hookimpl
def register_payment_channels(settings):
    """One channel, if the village is named."""
    if not settings.get("AGENTSYS_KUPON_VILLAGE"):
        raise ChannelNotConfigured("AGENTSYS_KUPON_VILLAGE is not set")
    return [Coupon()]


@hookimpl
def commission_lines(month):
    """A thank-you for each confirmed contribution."""
    for contribution in month.contributions:
        yield CommissionLine(
            rule="kupon.thanks",
            version="2026",
            beneficiary=Beneficiary.AGENT,
            amount_idr=THANKS_IDR,
            reason=Message(text="Terima kasih {thanks_idr}", values={"thanks_idr": THANKS_IDR}),
            worker_id=contribution.worker_id,
            month=contribution.month,
        )
