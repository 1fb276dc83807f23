"""Repayments to and from people: one person proposes, a second person books."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.models import Agreement
from agentsys.audit import trail
from agentsys.bank_refs import ref_key
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, interoffice, journal
from agentsys.payments.transitions import Transition, decide
from agentsys.payments.unexplained_models import Outcome, Unexplained
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.transfers import transfer_rules as rules
from agentsys.transfers.models import Direction, Transfer, TransferState
from agentsys.workers.models import Worker

_KINDS = {
    ("agent", Direction.IN): "shortage.paid",
    ("agent", Direction.OUT): "surplus.returned",
    ("worker", Direction.IN): "worker.received",
    ("worker", Direction.OUT): "worker.repaid",
    ("sponsor", Direction.IN): "sponsor.received",
    ("sponsor", Direction.OUT): "sponsor.repaid",
}


class TransferAction(StrEnum):
    """What a person does with a proposed transfer."""

    BOOK = "book"
    REFUSE = "refuse"


# One person proposes, another books. The proposer may only withdraw the proposal.
TRANSFER_TRANSITIONS = {
    (TransferState.PROPOSED, TransferAction.BOOK): Transition(
        TransferState.BOOKED, by=Permission.TRANSFER_BOOK
    ),
    (TransferState.PROPOSED, TransferAction.REFUSE): Transition(
        TransferState.REFUSED, by=Permission.TRANSFER_BOOK
    ),
}


def propose(
    session: Session, *, account: str, amount_idr: int, bank_ref: str, note: str, actor_id: int
) -> Transfer:
    """Propose a transfer with a worker or a sponsor: outgoing if we owe them, else incoming.

    What an open virtual account of a sponsor's bill counts on cannot be sent back meanwhile.
    """
    actor = entitled(session, actor_id, Permission.TRANSFER_PROPOSE)
    owner = _owner(session, account)
    if owner is None or actor.office_id not in (owner.office_id, None):
        raise NotFound()
    return _propose(
        session,
        Transfer(
            account=account,
            worker_id=owner.id if isinstance(owner, Worker) else None,
            agreement_id=owner.id if isinstance(owner, Agreement) else None,
            office_id=owner.office_id,
            amount_idr=amount_idr,
            bank_ref=bank_ref,
            note=note,
            proposed_by=actor.id,
        ),
    )


def propose_with_agent(
    session: Session, *, agent_id: int, amount_idr: int, bank_ref: str, note: str, actor_id: int
) -> Transfer:
    """Record a transfer by which an agent paid a shortage, or that gives a surplus back."""
    actor = entitled(session, actor_id, Permission.TRANSFER_PROPOSE)
    agent = session.get(Agent, agent_id)
    if agent is None or actor.office_id not in (agent.office_id, None):
        raise NotFound()
    return _propose(
        session,
        Transfer(
            account=accounts.short_of(agent.id),
            agent_id=agent.id,
            office_id=agent.office_id,
            amount_idr=amount_idr,
            bank_ref=bank_ref,
            note=note,
            proposed_by=actor.id,
        ),
    )


def propose_return(
    session: Session, *, unexplained_id: int, bank_ref: str, note: str, actor_id: int
) -> Transfer:
    """Propose a transfer that returns unexplained money to its sender."""
    actor = entitled(session, actor_id, Permission.TRANSFER_PROPOSE)
    found = locked_unexplained(session, unexplained_id, actor)
    return _propose(
        session,
        Transfer(
            account=accounts.suspense(found.office_id),
            unexplained_id=found.id,
            office_id=found.office_id,
            amount_idr=found.amount_idr,
            bank_ref=bank_ref,
            note=note,
            proposed_by=actor.id,
        ),
    )


def decide_transfer(
    session: Session,
    *,
    transfer_id: int,
    action: TransferAction,
    actor_id: int,
    shared_bank: bool = False,
) -> Transfer:
    """Apply a second person's decision: book the transfer, or refuse it and book nothing.

    It is paid from the office's own money. With `shared_bank`, if that is not enough, the rest
    comes from other offices' shares of the bank account, and is booked as a debt to them.
    """
    actor = session.get(User, actor_id)
    transfer = session.get(
        Transfer,
        transfer_id,
        with_for_update={"of": Transfer, "key_share": True},
        populate_existing=True,
    )
    if transfer is None or actor is None:
        raise NotFound()
    if actor.office_id not in (transfer.office_id, None):
        raise NotFound()
    to = decide(TRANSFER_TRANSITIONS, transfer.state, action, actor)
    if to is TransferState.BOOKED:
        if actor.id == transfer.proposed_by:
            raise Forbidden("Transfer harus dibukukan orang kedua, bukan yang mengusulkan.")
        rules.check_not_own(session, transfer, actor)
        second_person.check(session, second=actor, first_ids=[transfer.proposed_by])
        _book(session, transfer, actor, shared_bank)
    with session.no_autoflush:
        transfer.state = to
        transfer.decided_by = actor.id
        transfer.decided_at = clock.now()
    session.flush()
    _record(session, transfer, to.value, actor.id)
    return transfer


def entitled(session: Session, actor_id: int, permission: Permission) -> User:
    """The person if permitted; Forbidden otherwise."""
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden(permission=permission.value)
    return actor


def locked_unexplained(session: Session, unexplained_id: int, actor: User) -> Unexplained:
    """Lock open unexplained money of the person's office; Conflict if it is not open now."""
    found = session.get(
        Unexplained, unexplained_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if found is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    if found.closed_at is not None:
        raise Conflict("Uang ini sudah diselesaikan orang lain.")
    return found


def _owner(session: Session, account: str) -> Worker | Agreement | None:
    """Whose account it is; None unless it is a worker's, or of an agreement and its office."""
    if (worker_id := accounts.worker_of(account)) is not None:
        return session.get(Worker, worker_id)
    agreement_id = accounts.agreement_of(account)
    agreement = session.get(Agreement, agreement_id) if agreement_id is not None else None
    if agreement is None or account not in (
        accounts.owed_to_sponsor(agreement.id, agreement.office_id),
        accounts.claim_on_sponsor(agreement.id, agreement.office_id),
    ):
        return None
    return agreement


def _propose(session: Session, transfer: Transfer) -> Transfer:
    transfer.bank_ref = " ".join(transfer.bank_ref.replace("\0", "").split())
    transfer.note = " ".join(transfer.note.replace("\0", "").split())[:200]
    if not ref_key(transfer.bank_ref) or len(transfer.bank_ref) > 80:
        raise Invalid("Isi nomor referensi dari rekening koran (paling banyak 80 huruf).")
    if not transfer.note:
        raise Invalid("Isi catatan: kepada siapa atau dari siapa uangnya, dan mengapa.")
    if transfer.amount_idr <= 0:
        raise Invalid("Isi jumlah lebih dari nol.")
    journal.lock_account(session, f"transfer:{ref_key(transfer.bank_ref)}")
    journal.lock_account(session, transfer.account)
    transfer.direction = (
        Direction.OUT if journal.balance(session, transfer.account) < 0 else Direction.IN
    )
    rules.refuse_another(session, transfer)
    rules.check_balance(session, transfer)
    transfer.proposed_at = clock.now()
    session.add(transfer)
    session.flush()
    _record(session, transfer, "proposed", transfer.proposed_by)
    return transfer


def _book(session: Session, transfer: Transfer, actor: User, shared_bank: bool) -> None:
    if transfer.unexplained_id is not None:
        found = locked_unexplained(session, transfer.unexplained_id, actor)
        found.outcome = Outcome.RETURNED
        found.note = transfer.note
        found.closed_by, found.closed_at = actor.id, clock.now()
    journal.lock_account(session, transfer.account)
    office_id = transfer.office_id
    interoffice.lock_banks(session, [office_id], shared=shared_bank)
    rules.check_balance(session, transfer)
    bank = accounts.bank(office_id)
    source, at, amount = f"transfer:{transfer.id}", clock.now(), transfer.amount_idr
    if transfer.direction is Direction.IN:
        received = {bank: amount, transfer.account: -amount}
        journal.post(session, kind=_kind(transfer), source=source, at=at, lines=received)
        return
    if interoffice.spendable(session, office_id, shared=shared_bank).total_idr < amount:
        raise Refused(
            "Saldo rekening penampungan kantor ini di buku tidak cukup untuk pengembalian ini."
            " Catat dulu dana yang masuk."
        )
    interoffice.cover(
        session, office_id=office_id, amount_idr=amount, source=source, shared=shared_bank
    )
    paid = {transfer.account: amount, bank: -amount}
    journal.post(session, kind=_kind(transfer), source=source, at=at, lines=paid)


def _kind(transfer: Transfer) -> str:
    """The kind of the entry of a transfer."""
    if transfer.unexplained_id is not None:
        return "suspense.returned"
    if transfer.agent_id is not None:
        return _KINDS["agent", transfer.direction]
    return _KINDS["worker" if transfer.agreement_id is None else "sponsor", transfer.direction]


def _record(session: Session, transfer: Transfer, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"transfer.{what}",
        subject=f"transfer:{transfer.id}",
        details={
            "account": transfer.account,
            "direction": transfer.direction.value,
            "amount_idr": transfer.amount_idr,
            "bank_ref": transfer.bank_ref,
            "note": transfer.note,
        },
    )
