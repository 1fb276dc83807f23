"""The same cash for the right worker or for later months: a new payment instead of a void one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import billing
from agentsys.contributions.advance import coming_months
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, NotFound, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments.asked_months import open_months
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report, begin
from agentsys.payments.live_attempts import make_way
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.portfolio_search import found_by
from agentsys.payments.references import new_reference
from agentsys.payments.reversal_models import CashReversal
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Worker

MOST_FOUND = 10


@dataclass(frozen=True, kw_only=True)
class Target:
    """A worker whom the cash of a wrong receipt may pay for, and the months that it would pay."""

    worker_id: int
    name: str
    nik_masked: str
    months: tuple[date, ...]  # empty: no months of this worker cost exactly so much


class NoMonths(Refused):
    """The worker's next months do not cost exactly what the receipt says."""

    text = (
        "Uang kuitansi ini {amount_idr}, dan tidak pas untuk bulan-bulan pekerja itu. Kembalikan"
        " uangnya, lalu terima lagi jumlah yang benar."
    )


def targets(
    session: Session, user: User, payment_id: int, words: str, vault: Vault
) -> Sequence[Target]:
    """Workers in the user's reach whom the words find, at most ten; nobody for no words."""
    payment = session.get_one(Payment, payment_id)
    words = " ".join(words.replace("\0", "").split())
    if not words:
        return []
    found = session.execute(
        select(Worker.id, Worker.name, Worker.nik_masked)
        .where(
            found_by(words, vault, Worker.__table__),
            Worker.id != payment.payer_id,
            Worker.merged_into.is_(None),
            _within_reach(user, payment),
        )
        .order_by(Worker.name, Worker.id)
        .limit(MOST_FOUND)
    )
    return [_target(session, payment, row) for row in found]


def own_target(session: Session, payment_id: int) -> Target:
    """The same worker, with the months that the cash would pay instead."""
    payment = session.get_one(Payment, payment_id)
    who = select(Worker.id, Worker.name, Worker.nik_masked).where(Worker.id == payment.payer_id)
    return _target(session, payment, session.execute(who).one())


def choose(session: Session, actor: User, payment: Payment, worker_id: int) -> list[date]:
    """The months of the worker that the cash would pay; NoMonths, or NotFound if out of reach."""
    reach = _within_reach(actor, payment)
    if session.scalar(select(Worker.id).where(Worker.id == worker_id, reach)) is None:
        raise NotFound()
    months = _months_for(session, worker_id, payment.amount_idr)
    if not months:
        raise NoMonths(amount_idr=payment.amount_idr)
    return months


def move(
    session: Session,
    reversal: CashReversal,
    old: Payment,
    deposit: Deposit | None,
    *,
    actor: User,
    at: datetime,
) -> Payment:
    """Pay the reversal's worker and months with the cash of the payment that was just undone.

    The ceiling does not count: the agent holds as much as before. If the office has the cash, the
    new receipt takes the place of the void one in its deposit.
    """
    worker_id = reversal.to_worker_id
    assert worker_id is not None  # who calls has looked
    payment = _payment(session, reversal, old, worker_id, at)
    make_way(session, worker_id=worker_id, months=reversal.to_months, by=f"user:{actor.id}")
    asked = _asked(session, reversal, old, worker_id)
    payment.months = [
        PaymentMonth(worker_id=c.worker_id, month=c.month, amount_idr=c.amount_idr) for c in asked
    ]
    begin(session, payment, by=f"user:{actor.id}")
    report = PaymentReport(
        reference=payment.reference, state=PaymentState.SETTLED, amount_idr=payment.amount_idr
    )
    apply_report(session, report=report, by=f"user:{actor.id}", at=at)
    payment.settled_at = _held_since(session, old, at)
    if deposit is not None:
        old.deposit_id, payment.deposit_id = None, deposit.id
    session.flush()
    return payment


def _within_reach(user: User, payment: Payment) -> Any:
    place = (Worker.agent_id, Worker.office_id)
    return (Worker.office_id == payment.office_id) & scope.of_agent(
        user, *place, to=Permission.REVERSAL_PROPOSE
    )


def _target(session: Session, payment: Payment, row: Any) -> Target:
    months = _months_for(session, row.id, payment.amount_idr)
    return Target(worker_id=row.id, name=row.name, nik_masked=row.nik_masked, months=tuple(months))


def _months_for(session: Session, worker_id: int, amount_idr: int) -> list[date]:
    """The worker's oldest open months, then coming ones, that cost exactly so much; or none."""
    unpaid = session.execute(
        select(Contribution.month, Contribution.amount_idr)
        .where(
            Contribution.worker_id == worker_id,
            Contribution.payment_id.is_(None),
            Contribution.funding == Funding.SELF,
        )
        .order_by(Contribution.month)
    )
    prices = [(month, price) for month, price in unpaid]
    if sum(price for _, price in prices) < amount_idr:
        coming = coming_months(session, worker_id=worker_id, count=billing.MONTHS_AHEAD + 1)
        prices += [(each.month, each.amount_idr) for each in coming]
    chosen: list[date] = []
    for month, price in prices:
        chosen.append(month)
        amount_idr -= price
        if amount_idr <= 0:
            break
    return chosen if amount_idr == 0 else []


def _payment(
    session: Session, reversal: CashReversal, old: Payment, worker_id: int, at: datetime
) -> Payment:
    worker = session.get_one(Worker, worker_id)
    if worker.office_id != old.office_id:
        raise Conflict("Pekerja itu sudah pindah kantor. Tolak usul ini, lalu usulkan lagi.")
    key = f"reversal:{reversal.id}"
    return Payment(
        reference=new_reference(),
        key=key,
        request_hash=hashlib.sha256(key.encode()).digest(),
        worker_id=worker.id,
        office_id=old.office_id,
        agent_id=old.agent_id,
        channel=old.channel,
        custody=old.custody,
        clearing=old.clearing,
        reversal_s=0,
        amount_idr=old.amount_idr,
        created_by=reversal.proposed_by,
        created_at=at,
    )


def _asked(
    session: Session, reversal: CashReversal, old: Payment, worker_id: int
) -> list[Contribution]:
    """The contributions to pay, if they are still open and cost the same; billed if needed."""
    billed = session.scalars(
        select(Contribution.month).where(
            Contribution.worker_id == worker_id, Contribution.month.in_(reversal.to_months)
        )
    )
    missing = set(reversal.to_months) - set(billed)
    if missing:
        billing.ensure_billed(session, worker_id=worker_id, months=missing)
    undone = [item.month for item in old.months] if worker_id == old.payer_id else []
    asked = open_months(session, worker_id, sorted(reversal.to_months), besides=undone)
    if sum(contribution.amount_idr for contribution in asked) != old.amount_idr:
        raise Conflict("Iuran bulan yang dituju sudah berubah. Tolak usul ini, lalu usulkan lagi.")
    return asked


def _held_since(session: Session, old: Payment, at: datetime) -> datetime:
    """Since when the agent has the cash, but in the month in which the new payment is booked."""
    zone = ZoneInfo(session.get_one(Office, old.office_id).zone)
    month = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return max(old.settled_at or at, month)
