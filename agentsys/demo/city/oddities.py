"""Recent problems, made by the real services: an open case of every kind."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city import deciding
from agentsys.demo.city.collecting import Collected, Due, Paid, reference
from agentsys.demo.city.first_agent import WAITING
from agentsys.demo.city.late_deposits import late_deposit
from agentsys.demo.city.notifying import row, write_rows
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.payments.lifecycle import apply_report, begin
from agentsys.payments.links import make_link
from agentsys.payments.mandates.invitations import invite
from agentsys.payments.models import (
    Outcome,
    Payment,
    PaymentMonth,
    Resolution,
)
from agentsys.workers.models import Funding

IMPOSED_FEE_IDR = 1_500  # a fee that a wallet added without agreement
P = PaymentState


def play(
    session: Session, collected: Collected, *, staff: Staff, times: Times, rng: random.Random
) -> None:
    """Create one problem of each kind in the last days, and one e-wallet payment that waits."""
    stage = _Stage(session, times, rng, _open_dues(collected, staff), _recent(collected, staff))
    stage.wait(_of_sari(collected, staff))
    stage.other_amount(times.ago(hours=30), more=True)
    stage.other_amount(times.ago(hours=7), more=False)
    decided = stage.other_amount(times.ago(days=6), more=True)
    stage.paid_twice(times.ago(hours=20))
    stage.paid_again(times.ago(hours=11))
    stage.paid_late(times.ago(hours=26))
    stage.received += late_deposit(session, staff, times.ago(hours=10), rng)
    stage.unknown(times.ago(hours=9))
    stage.foreign(times.ago(hours=8))
    stage.reversed_(times.ago(hours=4))
    stage.refunded(times.ago(hours=2))
    stage.partly_refunded(times.ago(hours=5))
    repaid = stage.paid_twice(times.ago(days=5), number=1)
    session.flush()
    deciding.close(session, staff, repaid, Resolution.NOTED, "Ditransfer kepada pekerja.")
    deciding.repay(session, staff, repaid)
    stage.gone(repaid, times.ago(hours=3))
    note = "Pekerja dihubungi; uangnya dikembalikan lewat agen."
    deciding.close(session, staff, decided, Resolution.TO_WORKER, note)
    stage.gone(decided, times.ago(hours=1), more_idr=IMPOSED_FEE_IDR)
    write_rows(session, stage.received)
    deciding.unanswered(session, times.ago(minutes=40))
    for person in [due.person for due in _sari_dues(collected, staff)][:2]:
        make_link(session, worker_id=person.id, actor_id=staff.sari.user_id)
    hers = [due.person for due in collected.dues if due.person.agent is staff.sari]
    for worker_id in dict.fromkeys(person.id for person in hers if person.fate):
        invite(session, worker_id=worker_id, actor_id=staff.sari.user_id)
    session.flush()


@dataclass
class _Stage:
    session: Session
    times: Times
    rng: random.Random
    open: Iterator[Due]
    recent: list[Paid]
    received: list[tuple[object, ...]] = field(default_factory=list)

    def wait(self, due: Due | None) -> None:
        """A pending wallet payment."""
        if due is not None:
            at = self.times.ago(minutes=4)
            payment = self._ask(due, "gopay", at)
            payment.next_check_at = at + timedelta(minutes=20)
            expires = self.times.now + timedelta(hours=23)
            self._report(payment, P.PENDING, at, expires_at=expires)

    def other_amount(self, at: datetime, *, more: bool) -> Payment | None:
        """The gateway holds another sum than was asked."""
        payment = None
        if due := next(self.open, None):
            payment = self._ask(due, "qris", at - timedelta(minutes=3))
            asked = payment.amount_idr
            self._report(payment, P.PENDING, at - timedelta(minutes=3))
            self._report(
                payment,
                P.SETTLED,
                at,
                amount_idr=asked + IMPOSED_FEE_IDR if more else asked - IMPOSED_FEE_IDR,
                by_callback=True,
            )
        return payment

    def paid_twice(self, at: datetime, *, number: int = 0) -> Payment | None:
        """A month that was paid already was paid again, by somebody else in the household."""
        payment = None
        if len(self.recent) > number:
            due = self.recent[number].dues[0]
            payment = self._ask(due, "qris", at - timedelta(minutes=5))
            self._report(payment, P.SETTLED, at, by_callback=True)
        return payment

    def paid_again(self, at: datetime) -> None:
        """The payer tried a second time although the first attempt had been paid."""
        if due := next(self.open, None):
            payment = self._ask(due, "qris", at - timedelta(minutes=9))
            for number in (1, 2):
                said = PaymentReport(
                    reference=payment.reference,
                    state=P.SETTLED,
                    amount_idr=payment.amount_idr,
                    provider_ref=f"{payment.reference}-{number}",
                )
                then = at - timedelta(minutes=9 - 4 * number)
                outcome = apply_report(self.session, report=said, by="callback", at=then)
                self.received.append(row(payment.channel, said, then, outcome=outcome))

    def partly_refunded(self, at: datetime) -> None:
        """The gateway refunded a part, so a person must decide."""
        if due := next(self.open, None):
            settled = at - timedelta(hours=10)
            payment = self._ask(due, "gopay", settled - timedelta(minutes=2))
            self._report(payment, P.SETTLED, settled, by_callback=True)
            said = PaymentReport(
                reference=payment.reference,
                state=P.SETTLED,
                amount_idr=payment.amount_idr // 2,
                for_a_person="Midtrans mengembalikan sebagian uang kepada pembayar.",
            )
            outcome = apply_report(self.session, report=said, by="callback", at=at)
            self.received.append(row(payment.channel, said, at, outcome=outcome))

    def gone(self, payment: Payment | None, at: datetime, *, more_idr: int = 0) -> None:
        """The gateway refunded a payment that a person had decided about."""
        if payment is not None:
            amount = payment.amount_idr + more_idr
            self._report(payment, P.REFUNDED, at, amount_idr=amount, by_callback=True)

    def paid_late(self, at: datetime) -> None:
        """The payer paid after the payment had expired."""
        if due := next(self.open, None):
            payment = self._ask(due, "gopay", at - timedelta(hours=20))
            self._report(payment, P.PENDING, at - timedelta(hours=20))
            self._report(payment, P.EXPIRED, at - timedelta(hours=19, minutes=45))
            self._report(payment, P.SETTLED, at, by_callback=True)

    def unknown(self, at: datetime) -> None:
        """The gateway sent a callback about a payment that nobody here had started."""
        order = reference(at, self.rng)
        report = PaymentReport(reference=order, state=P.SETTLED, amount_idr=36_800)
        outcome = apply_report(self.session, report=report, by="callback", at=at)
        self.received.append(row("qris", report, at, outcome=outcome))

    def foreign(self, at: datetime) -> None:
        """The gateway sent a callback about an order of another shop on the same account."""
        report = PaymentReport(reference="TOKO-2217", state=P.SETTLED, amount_idr=125_000)
        self.received.append(row("qris", report, at, outcome=Outcome.FOREIGN))

    def reversed_(self, at: datetime) -> None:
        """The gateway reversed a payment that it had reported as settled."""
        if due := next(self.open, None):
            settled = at - timedelta(hours=16)
            payment = self._ask(due, "qris", settled - timedelta(minutes=2))
            self._report(payment, P.SETTLED, settled, by_callback=True)
            self._report(payment, P.FAILED, at, by_callback=True)

    def refunded(self, at: datetime) -> None:
        """The gateway refunded money that BPJS already has."""
        paid = next((p for p in reversed(self.recent) if p.dues[0].confirmed_at), None)
        if paid is not None:
            self._report(self._payment(paid), P.REFUNDED, at, by_callback=True)

    def _ask(self, due: Due, channel: str, at: datetime) -> Payment:
        agent = due.person.agent
        order = reference(at, self.rng)
        payment = Payment(
            reference=order,
            key=f"demo-{order}",
            request_hash=hashlib.sha256(order.encode()).digest(),
            worker_id=due.person.id,
            agent_id=agent.id if agent else None,
            office_id=due.person.office_id,
            channel=channel,
            custody=Custody.PROVIDER,
            clearing="midtrans",
            amount_idr=due.price.amount_idr,
            created_by=agent.user_id if agent else None,
            created_at=at,
            next_check_at=self.times.now + timedelta(hours=1),
            months=[
                PaymentMonth(
                    worker_id=due.person.id, month=due.month, amount_idr=due.price.amount_idr
                )
            ],
        )
        begin(self.session, payment, by=f"user:{payment.created_by}" if agent else "link")
        return payment

    def _payment(self, paid: Paid) -> Payment:
        return self.session.get_one(Payment, paid.id)

    def _report(
        self,
        payment: Payment,
        state: PaymentState,
        at: datetime,
        *,
        amount_idr: int | None = None,
        by_callback: bool = False,
        expires_at: datetime | None = None,
    ) -> None:
        """Apply a report about a payment; `by_callback` also stores the callback that led to it."""
        amount = payment.amount_idr if amount_idr is None else amount_idr
        report = PaymentReport(
            reference=payment.reference, state=state, amount_idr=amount, expires_at=expires_at
        )
        by = "callback" if by_callback else "start"
        outcome = apply_report(self.session, report=report, by=by, at=at)
        if by_callback:
            self.received.append(row(payment.channel, report, at, outcome=outcome))


def _open_dues(collected: Collected, staff: Staff) -> Iterator[Due]:
    """The oldest open month of each self-paying worker of the main office, except Sari's."""
    seen = set()
    for due in collected.dues:
        person = due.person
        pays = person.funding is Funding.SELF and person.fate is None
        if due.payment is None and pays and person.id not in seen:
            seen.add(person.id)
            if person.agent is not staff.sari and person.office_id == staff.main_id:
                yield due


def _recent(collected: Collected, staff: Staff) -> list[Paid]:
    """Wallet payments for one month each in the main office, newest first, except Sari's."""
    return [
        paid
        for paid in reversed(collected.settled)
        if paid.clearing == "midtrans"
        and paid.mandate_id is None
        and len(paid.dues) == 1
        and paid.person.office_id == staff.main_id
        and paid.person.agent is not staff.sari
    ]


def _sari_dues(collected: Collected, staff: Staff) -> list[Due]:
    return [due for due in collected.dues if due.payment is None and due.person.agent is staff.sari]


def _of_sari(collected: Collected, staff: Staff) -> Due | None:
    return next((d for d in _sari_dues(collected, staff) if d.person.name == WAITING), None)
