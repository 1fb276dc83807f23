"""Which transfers may be proposed and booked: once, within the balance, and not one's own."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.bank_refs import ref_key
from agentsys.errors import Conflict, Forbidden, Refused
from agentsys.ledger import journal
from agentsys.payments import bill_claims
from agentsys.people.models import Agent, User
from agentsys.transfers.models import Direction, Transfer, TransferState


def refuse_another(session: Session, transfer: Transfer) -> None:
    """Conflict if another one waits for this money, or names the same reference."""
    waiting = select(Transfer.id).where(
        Transfer.account == transfer.account, Transfer.state == TransferState.PROPOSED
    )
    if transfer.unexplained_id is not None:
        waiting = waiting.where(Transfer.unexplained_id == transfer.unexplained_id)
    if session.scalar(waiting) is not None:
        raise Conflict("Untuk uang ini sudah ada usul yang menunggu orang kedua.")
    same = select(Transfer).where(
        func.ref_key(Transfer.bank_ref) == ref_key(transfer.bank_ref),
        Transfer.direction == transfer.direction,
        Transfer.state.not_in((TransferState.REFUSED, TransferState.REVERSED)),
    )
    used = session.scalar(same)
    if used is not None:
        raise Conflict(
            "Nomor referensi {bank_ref} sudah dipakai untuk transfer lain: {amount_idr}, diusulkan"
            " {day}.",
            bank_ref=used.bank_ref,
            amount_idr=used.amount_idr,
            day=used.proposed_at,
        )


def check_balance(session: Session, transfer: Transfer) -> None:
    """Refuse an amount larger than the balance, so that nothing is repaid twice."""
    balance = journal.balance(session, transfer.account)
    left = -balance if transfer.direction is Direction.OUT else balance
    if transfer.agreement_id is not None and transfer.direction is Direction.OUT:
        left -= bill_claims.held_elsewhere(
            session, agreement_id=transfer.agreement_id, bill_id=None
        )
    if transfer.amount_idr > left:
        raise Refused(
            "Menurut buku tinggal {left_idr} yang belum diselesaikan, jadi {amount_idr} terlalu"
            " banyak.",
            left_idr=max(left, 0),
            amount_idr=transfer.amount_idr,
        )


def check_not_own(session: Session, transfer: Transfer, actor: User) -> None:
    """Forbidden if the transfer is with the actor, as an agent."""
    if transfer.agent_id is None:
        return
    if session.get_one(Agent, transfer.agent_id).user_id == actor.id:
        raise Forbidden("Transfer dengan agen dibukukan orang lain, bukan agennya sendiri.")
