"""Things that people confirm, and their corrections."""

from __future__ import annotations

import secrets

from agentsys.corrections.corrections import CorrectionAction, decide_correction, propose
from agentsys.corrections.models import Correctable, Correction
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts
from agentsys.payments.cash import DepositAction, declare_deposit
from agentsys.payments.custody import to_hand_over
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.gateway_payouts import record_own_funds, record_payout
from agentsys.people.models import RoleName, User
from agentsys.transfers import repayments, unexplained
from agentsys.transfers.models import Transfer
from agentsys.transfers.repayments import TransferAction, decide_transfer
from tests.factories import make_contribution, make_user, make_worker
from tests.payments.world import PRICE, World


def colleague(world: World) -> User:
    """Another user of finance."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.office_id)


def deposited(world: World, short_idr: int = 0) -> Deposit:
    """A month of a new worker in cash, counted by finance."""
    world.worker = make_worker(world.session, world.vault, agent=world.agent)
    make_contribution(world.session, world.worker, world.months[0])
    world.collect(world.months[:1])
    counted = to_hand_over(world.session, world.agent.id)[1] - short_idr
    deposit = declare_deposit(
        world.session,
        key=secrets.token_hex(8),
        agent_id=world.agent.id,
        actor_id=world.agent.user_id or 0,
        evidence="Slip 42",
        counted_idr=counted,
        difference_reason="Salah kembalian" if short_idr else "",
    )
    return world.decide(deposit, DepositAction.CONFIRM, counted_idr=counted)


def paid_out(world: World, fee_idr: int = 0, ref: str = "CAIR-1") -> int:
    """A month by wallet, and the provider's payout."""
    world.report(world.ask_for_another(), PaymentState.SETTLED)
    return record_payout(
        world.session,
        provider="dict",
        bank_ref=ref,
        amount_idr=PRICE,
        fee_idr=fee_idr,
        actor_id=world.finance.id,
        sure=True,
    ).id


def _booked(world: World, transfer: Transfer) -> Transfer:
    return decide_transfer(
        world.session,
        transfer_id=transfer.id,
        action=TransferAction.BOOK,
        actor_id=colleague(world).id,
    )


def funds(world: World) -> None:
    """Own money in the bank."""
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref=secrets.token_hex(6),
        amount_idr=10 * PRICE,
        actor_id=world.finance.id,
    )


def repaid(world: World) -> Transfer:
    """A worker paid a month twice, and one of it was transferred back."""
    world.worker = make_worker(world.session, world.vault, agent=world.agent)
    make_contribution(world.session, world.worker, world.months[0])
    payment = world.ask()
    world.collect(world.months[:1])
    world.report(payment, PaymentState.SETTLED)
    funds(world)
    return _booked(
        world,
        repayments.propose(
            world.session,
            account=accounts.owed_to_worker(world.worker.id),
            amount_idr=PRICE,
            bank_ref=secrets.token_hex(6),
            note="Kelebihan bayar",
            actor_id=world.finance.id,
        ),
    )


def shortage_paid(world: World) -> Transfer:
    """An agent paid a shortage by a transfer."""
    deposited(world, short_idr=2_800)
    return _booked(
        world,
        repayments.propose_with_agent(
            world.session,
            agent_id=world.agent.id,
            amount_idr=2_800,
            bank_ref=secrets.token_hex(6),
            note="Pelunasan",
            actor_id=world.finance.id,
        ),
    )


def returned(world: World) -> Transfer:
    """Unexplained money went back."""
    funds(world)
    odd = unexplained.book(
        world.session,
        provider="dict",
        amount_idr=5_000,
        reason="lain",
        actor_id=world.finance.id,
        office_id=world.office_id,
    )
    return _booked(
        world,
        repayments.propose_return(
            world.session,
            unexplained_id=odd.id,
            bank_ref=secrets.token_hex(6),
            note="Salah kirim",
            actor_id=world.finance.id,
        ),
    )


def proposal(world: World, what: Correctable, subject_id: int) -> Correction:
    """Finance proposes to undo it."""
    return propose(
        world.session,
        what=what,
        subject_id=subject_id,
        reason="Salah hitung",
        actor_id=world.finance.id,
    )


def decide(
    world: World,
    correction: Correction,
    actor: User | None = None,
    action: CorrectionAction = CorrectionAction.APPROVE,
) -> Correction:
    """A colleague of finance, or this person, decides."""
    return decide_correction(
        world.session,
        correction_id=correction.id,
        action=action,
        actor_id=(actor or colleague(world)).id,
    )
