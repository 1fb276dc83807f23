"""Cash in agents' hands (titipan): collected, held up to a ceiling, handed over with evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session, joinedload

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, PaymentChannel, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.asking import ask, check_key, request_for
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Deposit, DepositState, Payment
from agentsys.payments.moves import Move, decide
from agentsys.people.models import Agent, RoleName, User


class DepositAction(StrEnum):
    """What a second person does with a declared deposit."""

    CONFIRM = "confirm"
    RETURN = "return"


_SECOND_PERSONS = (RoleName.FINANCE, RoleName.SUPERVISOR, RoleName.ADMIN)

# Decided: the agent declares, and somebody else counts.
DEPOSIT_MOVES = {
    (DepositState.DECLARED, DepositAction.CONFIRM): Move(
        DepositState.CONFIRMED, by=_SECOND_PERSONS
    ),
    (DepositState.DECLARED, DepositAction.RETURN): Move(DepositState.RETURNED, by=_SECOND_PERSONS),
}


_TOO_MUCH = (
    "Tercatat {recorded_idr}, dihitung {counted_idr}: lebih {difference_idr}."
    " Hitung ulang bersama-sama."
)
_TOO_LITTLE = (
    "Tercatat {recorded_idr}, dihitung {counted_idr}: kurang {difference_idr}."
    " Hitung ulang bersama-sama."
)


class OtherCount(Refused):
    """Jumlah yang dihitung tidak sama dengan yang tercatat. Hitung ulang bersama-sama."""


@dataclass(frozen=True)
class Exposure:
    """Other people's money that one agent holds, and since when."""

    agent_id: int
    held_idr: int
    declared_idr: int  # of that: said to be handed over, not confirmed yet
    oldest_at: datetime | None
    ceiling_idr: int

    @property
    def level(self) -> str:
        """How near the ceiling it is: `ok`, `near` (from four fifths on) or `over`."""
        if self.held_idr >= self.ceiling_idr:
            return "over"
        return "near" if self.held_idr * 5 >= self.ceiling_idr * 4 else "ok"


def collect(
    session: Session,
    *,
    key: str,
    channel: PaymentChannel,
    worker_id: int,
    months: Sequence[date],
    actor_id: int,
    agent_id: int,
) -> Payment:
    """A settled cash payment with its receipt, in one transaction; one key collects once."""
    if channel.custody is not Custody.AGENT:
        raise Invalid("Cara bayar ini tidak diterima tunai.")
    payment = ask(
        session,
        key=key,
        channel=channel,
        worker_id=worker_id,
        months=months,
        actor_id=actor_id,
        agent_id=agent_id,
    )
    # No provider is asked over a network here: the agent's word is all there is.
    apply_report(session, report=channel.start(request_for(payment, {})), by=f"user:{actor_id}")
    return payment


def declare_deposit(
    session: Session, *, key: str, agent_id: int, actor_id: int, evidence: str, counted_idr: int
) -> Deposit:
    """A deposit of all the cash that the agent holds; one key declares once."""
    check_key(key)
    evidence = evidence.replace("\0", "").strip()
    if not evidence:
        raise Invalid("Isi bukti setoran: nomor slip bank atau nama penerima.")
    # The agent's row is what collecting and depositing wait for: no cash slips in between.
    agent = session.get(
        Agent, agent_id, with_for_update={"of": Agent, "key_share": True}, populate_existing=True
    )
    if agent is None:
        raise NotFound()
    known = session.scalar(select(Deposit).where(Deposit.key == key))
    if known is not None:
        if (known.agent_id, known.amount_idr) != (agent_id, counted_idr):
            raise Conflict("Permintaan ini sudah dipakai untuk setoran lain. Muat ulang halaman.")
        return known
    held = session.execute(
        select(Payment.id, Payment.amount_idr)
        .where(*_undeposited(), Payment.agent_id == agent_id)
        .order_by(Payment.id)
        .with_for_update(of=Payment, key_share=True)
    ).all()
    total = sum(amount for _, amount in held)
    if not held:
        raise Refused("Tidak ada titipan tunai yang perlu disetor.")
    _same_count(total, counted_idr)
    deposit = Deposit(
        key=key,
        agent_id=agent_id,
        office_id=agent.office_id,
        amount_idr=total,
        evidence=evidence[:120],
        declared_by=actor_id,
        declared_at=clock.now(),
    )
    session.add(deposit)
    session.flush()
    session.execute(
        update(Payment)
        .where(Payment.id.in_([payment_id for payment_id, _ in held]))
        .values(deposit_id=deposit.id)
    )
    _record(session, deposit, "declared", actor_id)
    return deposit


def decide_deposit(
    session: Session,
    *,
    deposit_id: int,
    action: DepositAction,
    actor: User,
    counted_idr: int | None = None,
    reason: str = "",
) -> Deposit:
    """The deposit as a second person decided; to confirm it, that person counted the same sum."""
    deposit = session.get(
        Deposit,
        deposit_id,
        with_for_update={"of": Deposit, "key_share": True},
        populate_existing=True,
    )
    if deposit is None or actor.office_id not in (deposit.office_id, None):
        raise NotFound()
    reason = reason.replace("\0", "").strip()
    to = decide(DEPOSIT_MOVES, deposit.state, action, actor.role)
    if actor.id in (deposit.declared_by, deposit.agent.user_id):
        raise Forbidden("Setoran harus diperiksa orang kedua, bukan yang menyetor.")
    if to is DepositState.CONFIRMED:
        _same_count(deposit.amount_idr, counted_idr)
        journal.post(
            session,
            kind="deposit.confirmed",
            source=f"deposit:{deposit.id}",
            at=clock.now(),
            lines={
                accounts.BANK: deposit.amount_idr,
                accounts.cash_of(deposit.agent_id): -deposit.amount_idr,
            },
        )
    else:
        if not reason:
            raise Invalid("Isi alasan setoran dikembalikan, supaya agen tahu apa yang diperbaiki.")
        session.execute(
            update(Payment).where(Payment.deposit_id == deposit.id).values(deposit_id=None)
        )
    deposit.state = to
    deposit.decided_by = actor.id
    deposit.decided_at = clock.now()
    deposit.reason = reason[:200]
    session.flush()
    _record(session, deposit, to.value, actor.id)
    return deposit


def cash_exposure(session: Session, agents: Sequence[int]) -> Mapping[int, Exposure]:
    """What each of these agents holds, by agent id; one statement for all of them."""
    in_hand = (
        select(
            Payment.agent_id,
            func.sum(Payment.amount_idr).label("amount"),
            func.min(Payment.settled_at).label("since"),
        )
        .where(*_undeposited(), Payment.agent_id.in_(agents))
        .group_by(Payment.agent_id)
        .subquery()
    )
    handed_over = (
        select(
            Deposit.agent_id,
            func.sum(Deposit.amount_idr).label("amount"),
            func.min(Deposit.declared_at).label("since"),
        )
        .where(Deposit.state == DepositState.DECLARED, Deposit.agent_id.in_(agents))
        .group_by(Deposit.agent_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Agent.id,
            func.coalesce(in_hand.c.amount, 0),
            func.coalesce(handed_over.c.amount, 0),
            func.least(in_hand.c.since, handed_over.c.since),
            Agent.cash_ceiling_idr,
        )
        .outerjoin(in_hand, in_hand.c.agent_id == Agent.id)
        .outerjoin(handed_over, handed_over.c.agent_id == Agent.id)
        .where(Agent.id.in_(agents))
    )
    return {
        agent_id: Exposure(agent_id, int(kept) + int(declared), int(declared), since, ceiling)
        for agent_id, kept, declared, since, ceiling in rows
    }


def undeposited(
    session: Session, agent_id: int, *, after: int | None = None, limit: int = 100
) -> Sequence[Payment]:
    """Cash payments that an agent has not handed over, oldest first, with worker and receipt.

    `after` is the payment that the page before ended with.
    """
    query = (
        select(Payment)
        .options(joinedload(Payment.worker), joinedload(Payment.receipt))
        .where(*_undeposited(), Payment.agent_id == agent_id)
        .order_by(Payment.settled_at, Payment.id)
        .limit(limit)
    )
    if after is not None:
        last = select(Payment.settled_at, Payment.id).where(Payment.id == after)
        query = query.where(tuple_(Payment.settled_at, Payment.id) > last.scalar_subquery())
    return session.scalars(query).all()


def to_hand_over(session: Session, agent_id: int) -> tuple[int, int]:
    """How many payments `undeposited` has, and their sum."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_idr), 0)).where(
            *_undeposited(), Payment.agent_id == agent_id
        )
    ).one()
    return int(count), int(total)


def _undeposited() -> tuple[ColumnElement[bool], ...]:
    return (
        Payment.custody == Custody.AGENT,
        Payment.deposit_id.is_(None),
        Payment.state == PaymentState.SETTLED,
    )


def _same_count(recorded_idr: int, counted_idr: int | None) -> None:
    if counted_idr is None:
        raise Invalid("Isi jumlah yang dihitung.")
    difference = counted_idr - recorded_idr
    if difference:
        raise OtherCount(
            _TOO_MUCH if difference > 0 else _TOO_LITTLE,
            recorded_idr=recorded_idr,
            counted_idr=counted_idr,
            difference_idr=abs(difference),
        )


def _record(session: Session, deposit: Deposit, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"deposit.{what}",
        subject=f"deposit:{deposit.id}",
        details={
            "agent_id": deposit.agent_id,
            "amount_idr": deposit.amount_idr,
            "evidence": deposit.evidence,
            "reason": deposit.reason or "",
        },
    )
