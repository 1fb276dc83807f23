"""Cash held by agents (titipan): collecting it up to a ceiling, and depositing it with evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, PaymentChannel
from agentsys.ledger import accounts, journal
from agentsys.payments import counting, deposit_moves, shortages
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.payments.requests import ask, check_key, request_for
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class DepositAction(StrEnum):
    """What a second person does with a declared deposit, or the agent who declared it."""

    CONFIRM = "confirm"
    RETURN = "return"
    WITHDRAW = "withdraw"


# Decided by people: the agent declares a deposit, and somebody else counts the cash. Until
# then the agent can take it back, for example because of a wrong slip number.
DEPOSIT_TRANSITIONS = {
    (DepositState.DECLARED, DepositAction.CONFIRM): Transition(
        DepositState.CONFIRMED, by=Permission.DEPOSIT_CONFIRM
    ),
    (DepositState.DECLARED, DepositAction.RETURN): Transition(
        DepositState.RETURNED, by=Permission.DEPOSIT_CONFIRM
    ),
    (DepositState.DECLARED, DepositAction.WITHDRAW): Transition(
        DepositState.WITHDRAWN, by=Permission.DEPOSIT_DECLARE
    ),
}
NOT_COUNTED: Mapping[str, int] = {}  # note by note: only the sum is known
TAKEN_BACK = (DepositState.RETURNED, DepositState.WITHDRAWN)  # the agent holds the cash again


_TOO_MUCH = (
    "Tercatat {recorded_idr}, dihitung {counted_idr}: lebih {difference_idr}."
    " Hitung ulang bersama-sama."
)
_TOO_LITTLE = (
    "Tercatat {recorded_idr}, dihitung {counted_idr}: kurang {difference_idr}."
    " Hitung ulang bersama-sama."
)


class OtherCount(Refused):
    """The counted cash differs from the cash that the receipts add up to."""

    text = "Jumlah yang dihitung tidak sama dengan yang tercatat. Hitung ulang bersama-sama."


def collect(
    session: Session,
    *,
    key: str,
    channel: PaymentChannel,
    worker_id: int,
    months: Sequence[date],
    actor_id: int,
    agent_id: int,
    shown_idr: int | None = None,
) -> Payment:
    """Collect cash: a settled payment with its receipt, in one transaction; idempotent by key.

    PriceChanged if it costs another sum than `shown_idr`.
    """
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
        shown_idr=shown_idr,
    )
    # Cash has no provider to ask: the agent's report is final.
    apply_report(session, report=channel.start(request_for(payment)), by=f"user:{actor_id}")
    return payment


def declare_deposit(
    session: Session,
    *,
    key: str,
    agent_id: int,
    actor_id: int,
    evidence: str,
    counted_idr: int,
    receipts: int | None = None,
    difference_reason: str = "",
    police_report: str = "",
    counts: Mapping[str, int] = NOT_COUNTED,
) -> Deposit:
    """Declare a deposit of the cash that the agent holds; idempotent by key.

    It has the oldest `receipts`, or all. Another sum needs a reason: the difference is the agent's
    debt once a second person counted the same. With a police report, nothing may be left.
    """
    check_key(key)
    police_report = " ".join(police_report.replace("\0", "").split())[:60]
    evidence = _evidence(evidence, or_else=police_report)
    agent = deposit_moves.locked_agent(session, agent_id)
    known = session.scalar(select(Deposit).where(Deposit.key == key))
    if known is not None:
        same = (known.agent_id, known.handed_idr) == (agent_id, counted_idr)
        # A withdrawn deposit with this key must not be returned for a new declaration.
        if not same or known.state in TAKEN_BACK:
            raise Conflict("Permintaan ini sudah dipakai untuk setoran lain. Muat ulang halaman.")
        return known
    held = shortages.oldest(deposit_moves.cash_of(session, agent_id), receipts)
    total = sum(amount for _, amount in held)
    reason = shortages.reason_of(total, counted_idr, difference_reason, police_report)
    same_count(total if not reason else counted_idr, counted_idr)
    deposit = Deposit(
        key=key,
        agent_id=agent_id,
        office_id=agent.office_id,
        amount_idr=total,
        short_idr=total - counted_idr,
        short_reason=reason,
        police_report=police_report if reason else "",
        counts=counting.check(counts, counted_idr),
        evidence=evidence,
        declared_by=actor_id,
        declared_at=clock.now(),
    )
    deposit_moves.declare(session, deposit, held, actor_id=actor_id)
    return deposit


def decide_deposit(
    session: Session,
    *,
    deposit_id: int,
    action: DepositAction,
    actor: User,
    counted_idr: int | None = None,
    reason: str = "",
    counts: Mapping[str, int] = NOT_COUNTED,
) -> Deposit:
    """Apply a second person's decision about a deposit, or the agent's withdrawal.

    It is confirmed only if the second person counted the same sum. Declaring a deposit books
    nothing, so withdrawing it books nothing either.
    """
    deposit = session.get(
        Deposit,
        deposit_id,
        with_for_update={"of": Deposit, "key_share": True},
        populate_existing=True,
    )
    if deposit is None or actor.office_id not in (deposit.office_id, None):
        raise NotFound()
    if deposit.channel:
        raise Refused("Setoran ini dibayar ke penyedia: laporannya yang menentukan, bukan orang.")
    reason = reason.replace("\0", "").strip()
    own = actor.id in (deposit.declared_by, deposit.agent.user_id)
    if action is DepositAction.WITHDRAW and not own:
        raise NotFound()
    to = decide(DEPOSIT_TRANSITIONS, deposit.state, action, actor)
    if own and to is not DepositState.WITHDRAWN:
        raise Forbidden("Setoran harus diperiksa orang kedua, bukan yang menyetor.")
    if to is DepositState.CONFIRMED:
        first = (deposit.declared_by, deposit.agent.user_id)
        second_person.check(session, second=actor, first_ids=first)
        _confirm(session, deposit, actor, counted_idr, counts)
    else:
        if to is DepositState.RETURNED and not reason:
            raise Invalid("Isi alasan setoran dikembalikan, supaya agen tahu apa yang diperbaiki.")
        deposit_moves.empty(session, deposit)
    deposit_moves.decide(
        session,
        deposit,
        to,
        actor_id=actor.id,
        at=clock.now(),
        reason=reason if to is DepositState.RETURNED else "",
    )
    return deposit


def _confirm(
    session: Session,
    deposit: Deposit,
    actor: User,
    counted_idr: int | None,
    counts: Mapping[str, int],
) -> None:
    """Book a deposit that a second person counted; OtherCount if it came to another sum."""
    same_count(deposit.handed_idr, counted_idr)
    shortages.check_alone(deposit, actor)
    deposit.recounts = counting.check(counts, counted_idr)
    _post(session, deposit)


def _evidence(text: str, *, or_else: str) -> str:
    """What proves a deposit: the slip, or the police report about lost cash; Invalid if neither."""
    evidence = text.replace("\0", "").strip() or or_else
    if not evidence:
        raise Invalid("Isi bukti setoran: nomor slip bank atau nama penerima.")
    return evidence[:120]


def _post(session: Session, deposit: Deposit) -> None:
    journal.post(
        session,
        kind="deposit.confirmed",
        source=f"deposit:{deposit.id}",
        at=clock.now(),
        lines={
            accounts.bank(deposit.office_id): deposit.handed_idr,
            accounts.short_of(deposit.agent_id): deposit.short_idr,
            accounts.cash_of(deposit.agent_id): -deposit.amount_idr,
        },
    )


def same_count(recorded_idr: int, counted_idr: int | None) -> None:
    """Refused with the difference if another sum was counted."""
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
