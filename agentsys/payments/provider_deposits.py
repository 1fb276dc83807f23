"""Deposits that an agent pays to a provider, whose report confirms them."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, MandateChannel, PayerKind, PaymentChannel
from agentsys.payments import circuit, deposit_moves, open_payments, provider_queue
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.lifecycle import begin
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action
from agentsys.payments.requests import check_key, through
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission


def takes_deposits(channel: PaymentChannel) -> bool:
    """Whether agents may pay their deposits through a channel."""
    return (
        PayerKind.AGENT in channel.payers
        and channel.custody is Custody.PROVIDER
        and not isinstance(channel, MandateChannel)
    )


def declare_by_provider(
    session: Session,
    *,
    key: str,
    channel: PaymentChannel,
    agent_id: int,
    actor_id: int,
    shown_idr: int,
) -> Deposit:
    """Declare a deposit of all cash that the agent holds, and have a job start its payment.

    Idempotent by key. `shown_idr` is the sum that the agent saw; Conflict if it is another now.
    """
    check_key(key)
    if not takes_deposits(channel):
        raise Invalid("Setoran tidak dapat dibayar dengan cara ini. Pilih cara lain.")
    agent = deposit_moves.locked_agent(session, agent_id)
    known = session.scalar(select(Deposit).where(Deposit.key == key))
    if known is not None:
        return _the_same(known, agent, channel)
    circuit.check_started(session, channel.name)
    _may_declare(session, agent)
    held = deposit_moves.cash_of(session, agent.id)
    total = sum(amount_idr for _, amount_idr in held)
    _check_sum(channel, total, shown_idr)
    payment = through(channel, total)
    deposit = Deposit(
        key=key,
        agent_id=agent.id,
        office_id=agent.office_id,
        amount_idr=total,
        channel=channel.name,
        evidence=payment.reference,
        declared_by=actor_id,
        declared_at=payment.created_at,
    )
    deposit_moves.declare(session, deposit, held, actor_id=actor_id)
    payment.key = f"deposit:{deposit.id}"
    payment.request_hash = hashlib.sha256(payment.key.encode()).digest()
    payment.for_deposit_id = deposit.id
    payment.agent_id, payment.office_id = agent.id, agent.office_id
    payment.created_by = actor_id
    by = f"user:{actor_id}"
    begin(session, payment, by=by)
    provider_queue.put(session, payment, Action.START, by=by)
    return deposit


def cancel(session: Session, *, deposit_id: int, actor: User) -> None:
    """Have the payment of the agent's own deposit cancelled, which then withdraws the deposit.

    It is withdrawn at once if the provider was never asked; else a job asks it to cancel first.
    """
    open_payments.withdraw(session, _reference(session, deposit_id, actor), by=f"user:{actor.id}")


def ask_provider(session: Session, *, deposit_id: int, actor: User) -> None:
    """Have a job ask the provider how the agent's own deposit stands, or for what to pay with."""
    reference = _reference(session, deposit_id, actor)
    open_payments.ask_provider(session, reference, by=f"user:{actor.id}")


def _reference(session: Session, deposit_id: int, actor: User) -> str:
    reference = session.scalar(
        select(Payment.reference)
        .join(Agent, Agent.id == Payment.agent_id)
        .where(Payment.for_deposit_id == deposit_id, Agent.user_id == actor.id)
    )
    if reference is None or not actor.can(Permission.DEPOSIT_DECLARE):
        raise NotFound()
    return reference


def _the_same(known: Deposit, agent: Agent, channel: PaymentChannel) -> Deposit:
    if (known.agent_id, known.channel) != (agent.id, channel.name):
        raise Conflict("Permintaan ini sudah dipakai untuk setoran lain. Muat ulang halaman.")
    return known


def _may_declare(session: Session, agent: Agent) -> None:
    if agent.status is not AgentStatus.ACTIVE:
        raise Refused("Akun agen Anda tidak aktif. Setor langsung ke kantor.")
    waiting = select(Deposit.id).where(
        Deposit.agent_id == agent.id, Deposit.state == DepositState.DECLARED, Deposit.channel != ""
    )
    if session.scalar(waiting) is not None:
        raise Refused("Masih ada setoran virtual account yang menunggu. Bayar atau batalkan dulu.")


def _check_sum(channel: PaymentChannel, total_idr: int, shown_idr: int) -> None:
    if not total_idr:
        raise Refused("Tidak ada titipan tunai yang perlu disetor.")
    if total_idr != shown_idr:
        raise Conflict(
            "Titipan Anda sekarang {total_idr}, bukan {shown_idr}. Periksa, lalu pilih lagi.",
            total_idr=total_idr,
            shown_idr=shown_idr,
        )
    limits = channel.limits
    if not limits.min_idr <= total_idr <= limits.max_idr:
        raise Refused(
            "Bank ini menerima {min_idr} sampai {max_idr}; titipan Anda {total_idr}."
            " Pilih bank lain, atau setor langsung.",
            min_idr=limits.min_idr,
            max_idr=limits.max_idr,
            total_idr=total_idr,
        )
