"""Bank accounts of offices: one admin proposes, another approves; until then the old one counts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.offices import locked_office
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.transfers.account_models import OfficeAccount
from agentsys.workers import seals

SHORTEST, LONGEST = 6, 20  # digits of an account number
_SHOWN = 4  # last digits that are not masked


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """One account, as an admin sees it."""

    id: int
    bank: str
    holder: str
    number: str  # masked, but for who must decide
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None


def propose(
    session: Session,
    *,
    vault: Vault,
    office_id: int,
    bank: str,
    holder: str,
    number: str,
    actor_id: int,
) -> OfficeAccount:
    """Propose a bank account for an office; Conflict if one waits already."""
    actor = _admin(session, actor_id, office_id)
    bank, holder = (" ".join(text.replace("\0", "").split()) for text in (bank, holder))
    digits = number.replace(" ", "").replace("-", "").replace(".", "")
    if not 1 <= len(bank) <= 60:
        raise Invalid("Isi nama bank, paling banyak 60 huruf.", about="bank")
    if not 1 <= len(holder) <= 120:
        raise Invalid("Isi nama pemilik rekening, paling banyak 120 huruf.", about="holder")
    if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
        raise Invalid("Nomor rekening berisi 6 sampai 20 angka.", about="number")
    if _waiting(session, office_id) is not None:
        raise Conflict("Sudah ada usul rekening yang menunggu admin lain.")
    reference = secrets.token_hex(16)
    account = OfficeAccount(
        reference=reference,
        office_id=office_id,
        bank=bank,
        holder=holder,
        number_sealed=vault.seal(digits, seals.office_account_of(reference)),
        number_masked="•" * (len(digits) - _SHOWN) + digits[-_SHOWN:],
        proposed_by=actor.id,
    )
    session.add(account)
    session.flush()
    _record(session, account, "account_proposed", actor)
    return account


def decide(
    session: Session, *, office_id: int, account_id: int, approve: bool, actor_id: int
) -> OfficeAccount:
    """Approve the waiting account as another admin, or refuse it; the proposer may withdraw it."""
    actor = _admin(session, actor_id, office_id)
    account = _waiting(session, office_id)
    if account is None or account.id != account_id:
        raise Conflict()
    if approve:
        if account.proposed_by == actor.id:
            raise Forbidden("Rekening disetujui admin lain, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[account.proposed_by])
    account.is_approved, account.decided_by, account.decided_at = approve, actor.id, clock.now()
    session.flush()
    _record(session, account, "account_approved" if approve else "account_refused", actor)
    return account


def current(session: Session, *, office_id: int) -> AccountView | None:
    """The account that counts now, with its number masked."""
    found = session.scalar(
        select(OfficeAccount)
        .where(OfficeAccount.office_id == office_id, OfficeAccount.is_approved.is_(True))
        .order_by(OfficeAccount.decided_at.desc(), OfficeAccount.id.desc())
        .limit(1)
    )
    return _view(session, found, found.number_masked) if found else None


def number_of(session: Session, *, vault: Vault, office_id: int) -> str:
    """The whole number of the account that counts now, for a bank's file; empty without one."""
    found = session.scalar(
        select(OfficeAccount)
        .where(OfficeAccount.office_id == office_id, OfficeAccount.is_approved.is_(True))
        .order_by(OfficeAccount.decided_at.desc(), OfficeAccount.id.desc())
        .limit(1)
    )
    if found is None:
        return ""
    return vault.open(found.number_sealed, seals.office_account_of(found.reference))


def waiting(session: Session, *, vault: Vault, office_id: int) -> AccountView | None:
    """The account that waits for another admin, with its whole number, which has to be checked."""
    found: OfficeAccount | None = session.scalar(_waiting_query(office_id))
    if found is None:
        return None
    number = vault.open(found.number_sealed, seals.office_account_of(found.reference))
    return _view(session, found, number)


def _admin(session: Session, actor_id: int, office_id: int) -> User:
    """The person, if he or she may change the office, which is locked."""
    actor = session.get(User, actor_id)
    if actor is None or actor.office_id not in (office_id, None):
        raise NotFound()
    if not actor.can(Permission.OFFICE_MANAGE):
        raise Forbidden(permission=Permission.OFFICE_MANAGE.value)
    locked_office(session, office_id)
    return actor


def _waiting(session: Session, office_id: int) -> OfficeAccount | None:
    found: OfficeAccount | None = session.scalar(_waiting_query(office_id).with_for_update())
    return found


def _waiting_query(office_id: int) -> Select[Any]:
    return select(OfficeAccount).where(
        OfficeAccount.office_id == office_id, OfficeAccount.is_approved.is_(None)
    )


def _view(session: Session, found: OfficeAccount, number: str) -> AccountView:
    names = names_of(session, [found.proposed_by, found.decided_by])
    return AccountView(
        id=found.id,
        bank=found.bank,
        holder=found.holder,
        number=number,
        proposed_by=found.proposed_by,
        proposer=names[found.proposed_by],
        proposed_at=found.proposed_at,
        decider=names.get(found.decided_by or 0, ""),
        decided_at=found.decided_at,
    )


def _record(session: Session, account: OfficeAccount, what: str, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"office.{what}",
        subject=f"office:{account.office_id}",
        details={"bank": account.bank, "holder": account.holder, "number": account.number_masked},
    )
