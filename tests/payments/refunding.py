"""A provider that gives payments back, and what people do to have it do so."""

from __future__ import annotations

from datetime import timedelta

from agentsys.extension.contract import (
    ChannelUnavailable,
    PaymentReport,
    PaymentState,
    Refunded,
    RefundRefused,
    RefundRequest,
    Refunds,
)
from agentsys.ledger import accounts, journal
from agentsys.payments import provider_calls
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.payments.refund_models import Refund
from agentsys.payments.refunds import RefundAction, decide_refund, propose
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


class GivingPay(DictPay):
    """A provider that gives payments back; each key once."""

    refunds = Refunds(possible=True, partial=True, within=timedelta(days=45))

    def __init__(self) -> None:
        """Start without any refund."""
        super().__init__()
        self.given: dict[str, Refunded] = {}
        self.keys: list[str] = []
        self.lose_answer = False
        self.refuses = ""

    def refund(self, request: RefundRequest) -> PaymentReport:
        """Give back, once for each key."""
        self.keys.append(request.key)
        if self.down:
            raise ChannelUnavailable("down")
        if self.refuses:
            raise RefundRefused(self.refuses)
        known = Refunded(key=request.key, amount_idr=request.amount_idr, confirmed=False)
        self.given.setdefault(request.key, known)
        self.tell(request.reference)
        if self.lose_answer:
            self.lose_answer = False
            raise ChannelUnavailable("lost")
        return self.check(request.reference)

    def confirm(self, reference: str) -> None:
        """The payer's bank has confirmed all refunds."""
        self.given = {
            key: Refunded(key=key, amount_idr=each.amount_idr, confirmed=True)
            for key, each in self.given.items()
        }
        self.tell(reference)

    def tell(self, reference: str) -> None:
        """Report the payment after the refunds."""
        before = self.accounts[reference]
        gone = sum(each.amount_idr for each in self.given.values())
        whole = gone == self.gross
        self.says(
            reference,
            P.REFUNDED if whole else P.SETTLED,
            self.gross if whole else self.gross - gone,
            for_a_person="" if whole else "Sebagian dikembalikan.",
            provider_ref=before.provider_ref,
            refunds=tuple(self.given.values()),
        )

    gross = PRICE


def paid(world: World) -> Payment:
    """A settled payment of the first month."""
    payment = world.ask()
    world.wallet.says(payment.reference, P.SETTLED, PRICE, provider_ref="T-1")
    world.report(payment, P.SETTLED)
    return payment


def paid_twice(world: World) -> Payment:
    """A payment of a month that another one had paid already."""
    first, second = world.ask(), world.ask()
    world.report(first, P.SETTLED)
    world.wallet.says(second.reference, P.SETTLED, PRICE, provider_ref="T-2")
    world.report(second, P.SETTLED)
    return second


def proposal(world: World, payment: Payment, amount_idr: int = PRICE) -> Refund:
    """Finance proposes a refund."""
    return propose(
        world.session,
        payment_id=payment.id,
        channel=world.wallet,
        amount_idr=amount_idr,
        reason="Pekerja membayar dua kali",
        actor_id=world.finance.id,
    )


def approve(world: World, refund: Refund, actor_id: int) -> Refund:
    """A person approves it."""
    return decide_refund(
        world.session,
        refund_id=refund.id,
        channel=world.wallet,
        action=RefundAction.APPROVE,
        actor_id=actor_id,
    )


def ask(world: World) -> None:
    """Have the provider asked all that is due, as the job does."""
    world.session.commit()
    channels = {world.wallet.name: world.wallet}
    while provider_calls.ask_next(channels):
        pass
    world.session.expire_all()


def owed(world: World) -> int:
    """What we owe the worker."""
    return -journal.balance(world.session, accounts.owed_to_worker(world.worker.id))


def provider_report(world: World, payment: Payment) -> None:
    """Apply what the provider says now."""
    apply_report(world.session, report=world.wallet.accounts[payment.reference], by="test")
