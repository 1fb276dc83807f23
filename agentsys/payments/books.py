"""Journal entries and contribution updates for each change of a payment's state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from agentsys.contributions.attribution import present_owner
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Custody, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.ledger.models import Entry, Posting
from agentsys.payments import owed, substitute_earning
from agentsys.payments.models import Case, Payment, PaymentMonth
from agentsys.payments.refund_models import Refund

# The entries that change what a provider holds of a payment.
_MOVES_MONEY = (
    "payment.settled",
    "payment.refunded",
    "payment.part_refunded",
    "payment.set_aside",
    "payment.set_aside.undone",
    "payment.kept",
    "payment.let_go",
)


@dataclass(frozen=True)
class Received:
    """A payment whose money came, and the account that holds it."""

    payment: Payment
    into: str


@dataclass(frozen=True)
class GivenBack:
    """Refunded rupiah that we had already passed on, so the payer owes them to us."""

    remitted_idr: int  # already in a remittance to BPJS
    repaid_idr: int  # an overpayment that was already repaid from the bank, or used for a bill


@dataclass(frozen=True)
class Freed:
    """The months that a payment pays no more, and the rupiah of those that BPJS has."""

    people: int
    amount_idr: int
    remitted_idr: int


def money_account(payment: Payment) -> str:
    """The account that holds paid money: the agent's cash, the bank, or the provider's clearing."""
    if payment.custody is Custody.BANK:
        return accounts.bank(payment.office_id)
    if payment.custody is Custody.AGENT and payment.agent_id is not None:
        return accounts.cash_of(payment.agent_id)
    return accounts.clearing(payment.clearing, payment.office_id)


def receive(session: Session, received: Sequence[Received], *, at: datetime) -> dict[int, int]:
    """Book received payments to their months; return each surplus in rupiah by payment id."""
    taken = _take_months(session, [each.payment.id for each in received], at=at)
    surplus = {
        each.payment.id: each.payment.amount_idr - taken[each.payment.id] for each in received
    }
    journal.post_all(
        session,
        [
            journal.Event(
                kind="payment.settled",
                source=payment.reference,
                at=at,
                lines={
                    each.into: payment.amount_idr,
                    accounts.owed_bpjs(payment.office_id): -taken[payment.id],
                    accounts.owed_to_worker(payment.payer_id): -surplus[payment.id],
                },
            )
            for each in received
            for payment in (each.payment,)
        ],
    )
    return {payment_id: too_much for payment_id, too_much in surplus.items() if too_much}


def give_back(session: Session, *, payment: Payment, at: datetime) -> GivenBack:
    """Book a refund against whichever account holds the money now."""
    freed = free_months(session, payment)
    too_much = payment.amount_idr - freed.amount_idr - freed.remitted_idr
    of_owed = min(too_much, owed.to_payer(session, payment)) if too_much else 0
    journal.post(
        session,
        kind="payment.refunded",
        source=payment.reference,
        at=at,
        lines={
            money_account(payment): -payment.amount_idr,
            accounts.owed_bpjs(payment.office_id): freed.amount_idr,
            owed.claim_of(payment): freed.remitted_idr + too_much - of_owed,
            owed.account_of(payment): of_owed,
        },
    )
    return GivenBack(remitted_idr=freed.remitted_idr, repaid_idr=too_much - of_owed)


def held(session: Session, payment: Payment) -> int:
    """Rupiah that the provider or agent received for a payment, according to the journal."""
    cases = session.scalars(select(Case.id).where(Case.payment_id == payment.id))
    refunds = session.scalars(select(Refund.id).where(Refund.payment_id == payment.id))
    sources = [
        payment.reference,
        *(f"case:{number}" for number in cases),
        *(f"refund:{number}" for number in refunds),
    ]
    total = session.scalar(
        select(func.sum(Posting.amount_idr))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Entry.kind.in_(_MOVES_MONEY),
            Entry.source.in_(sources),
            Posting.account == money_account(payment),
        )
    )
    return int(total or 0)


def paid_in(payment: Payment) -> int:
    """What `held` would be without decisions on cases: the settled amount plus that in suspense."""
    paid = payment.amount_idr if payment.state is PaymentState.SETTLED else 0
    return paid + payment.aside_idr


def keep(
    session: Session, *, payment: Payment, case_id: int, amount_idr: int, at: datetime
) -> None:
    """Book a surplus held by the provider as owed to the payer."""
    journal.post(
        session,
        kind="payment.kept",
        source=f"case:{case_id}",
        at=at,
        lines={
            money_account(payment): amount_idr,
            owed.account_of(payment): -amount_idr,
        },
    )


def let_go(
    session: Session, *, payment: Payment, case_id: int, amount_idr: int, at: datetime
) -> int:
    """Book that a payer's surplus is gone; return the rupiah that we had already repaid or used."""
    of_owed = min(amount_idr, owed.to_payer(session, payment))
    journal.post(
        session,
        kind="payment.let_go",
        source=f"case:{case_id}",
        at=at,
        lines={
            money_account(payment): -amount_idr,
            owed.account_of(payment): of_owed,
            owed.claim_of(payment): amount_idr - of_owed,
        },
    )
    return amount_idr - of_owed


def was_set_aside(session: Session, payment: Payment) -> bool:
    """Whether money of the payment was ever in suspense: it is put there only once."""
    entry = (Entry.kind == "payment.set_aside") & (Entry.source == payment.reference)
    return session.scalar(select(exists().where(entry))) or False


def move_to_suspense(session: Session, *, payment: Payment, amount_idr: int, at: datetime) -> None:
    """Book a payment of an unexpected amount to suspense until a person decides about it."""
    payment.aside_idr = amount_idr
    journal.post(
        session,
        kind="payment.set_aside",
        source=payment.reference,
        at=at,
        lines={
            money_account(payment): amount_idr,
            accounts.suspense(payment.office_id): -amount_idr,
        },
    )


def move_out_of_suspense(session: Session, *, payment: Payment, at: datetime) -> None:
    """Reverse `move_to_suspense`: the provider corrected its report before anybody decided."""
    journal.post(
        session,
        kind="payment.set_aside.undone",
        source=payment.reference,
        at=at,
        lines={
            money_account(payment): -payment.aside_idr,
            accounts.suspense(payment.office_id): payment.aside_idr,
        },
    )
    payment.aside_idr = 0


def free_months(session: Session, payment: Payment) -> Freed:
    """Unlink the payment from its months that are in no remittance."""
    # Lock before deciding: a batch that is being cancelled may be releasing these months now.
    rows = session.execute(
        select(Contribution.month, Contribution.amount_idr, Contribution.remittance_id)
        .where(Contribution.payment_id == payment.id)
        .order_by(Contribution.worker_id, Contribution.month)
        .with_for_update(of=Contribution, key_share=True)
    ).all()
    session.execute(
        update(Contribution)
        .where(Contribution.payment_id == payment.id, Contribution.remittance_id.is_(None))
        .values(payment_id=None, **present_owner())
        .execution_options(synchronize_session="fetch")
    )
    freed = [amount for _, amount, remittance in rows if remittance is None]
    return Freed(
        people=len(freed),
        amount_idr=sum(freed),
        remitted_idr=sum(amount for _, amount, _ in rows) - sum(freed),
    )


def _take_months(session: Session, payment_ids: Sequence[int], *, at: datetime) -> Counter[int]:
    """Mark the unpaid months of payments as paid by them; return their sums in rupiah."""
    # Always lock in this order, so that two payments of one worker cannot deadlock.
    rows = session.execute(
        select(
            PaymentMonth.payment_id,
            Contribution.worker_id,
            Contribution.month,
            Contribution.amount_idr,
        )
        .join(
            PaymentMonth,
            (PaymentMonth.worker_id == Contribution.worker_id)
            & (PaymentMonth.month == Contribution.month),
        )
        .where(
            PaymentMonth.payment_id.in_(payment_ids),
            Contribution.payment_id.is_(None),
            Contribution.amount_idr == PaymentMonth.amount_idr,
        )
        .order_by(Contribution.worker_id, Contribution.month, PaymentMonth.payment_id)
        .with_for_update(of=Contribution, key_share=True)
    ).all()
    sums: Counter[int] = Counter()
    taken: dict[date, dict[int, int]] = defaultdict(dict)
    for payment_id, worker_id, month, amount_idr in rows:
        if taken[month].setdefault(worker_id, payment_id) == payment_id:
            sums[payment_id] += amount_idr
    for month, payment_of in taken.items():
        _mark_paid(session, month, payment_of)
    substitute_earning.attribute(session, payment_ids, at=at)
    return sums


def _mark_paid(session: Session, month: date, payment_of: Mapping[int, int]) -> None:
    """Mark contributions of one month, which are in one partition, by payment of each worker."""
    pairs = (
        func.unnest(
            bindparam("workers", list(payment_of), ARRAY(BigInteger)),
            bindparam("payments", list(payment_of.values()), ARRAY(BigInteger)),
        )
        .table_valued("worker_id", "payment_id", joins_implicitly=True)
        .render_derived("taken")
    )
    session.execute(
        update(Contribution)
        .where(Contribution.worker_id == pairs.c.worker_id, Contribution.month == month)
        .values(payment_id=pairs.c.payment_id)
        .execution_options(synchronize_session="fetch")
    )
