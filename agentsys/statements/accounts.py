"""The accounts whose statements are uploaded."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.names import visible
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission
from agentsys.statements.models import AccountKind, BankAccount

_LONGEST = 60


def add_account(
    session: Session,
    *,
    office_id: int | None,
    name: str,
    provider: str = "",
    number: str = "",
    actor_id: int,
) -> BankAccount:
    """Add an account of an office, or of all offices if `office_id` is None.

    With a provider it is the provider's report of what it settled. Of the number only the last
    four digits are kept: a statement of another account is refused by them.
    """
    actor = actor_with(session, actor_id, Permission.BANK_STATEMENT_UPLOAD)
    if actor.office_id not in (office_id, None):
        raise NotFound()
    if office_id is not None and session.get(Office, office_id) is None:
        raise NotFound()
    name, digits = visible(name), re.sub(r"\D", "", number)
    if not 1 <= len(name) <= _LONGEST:
        raise Invalid("Isi nama rekening, paling banyak 60 huruf.", about="name")
    if number.strip() and len(digits) < 4:
        raise Invalid("Isi sedikitnya 4 angka terakhir nomor rekening.", about="number")
    if _named(session, office_id, name):
        raise Conflict("Sudah ada rekening dengan nama itu.", about="name")
    account = BankAccount(
        office_id=office_id,
        kind=AccountKind.GATEWAY if provider else AccountKind.BANK,
        name=name,
        provider=provider,
        number_end=digits[-4:],
        added_by=actor.id,
    )
    session.add(account)
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="bank_account.added",
        subject=f"bank_account:{account.id}",
        details={"name": name, "office_id": office_id, "provider": provider},
    )
    return account


def account_for(
    session: Session, account_id: int, actor_id: int, permission: Permission
) -> tuple[BankAccount, User]:
    """An account that the person may work on, locked, and the person; NotFound otherwise."""
    actor = actor_with(session, actor_id, permission)
    account = session.get(BankAccount, account_id, with_for_update=True, populate_existing=True)
    if account is None or actor.office_id not in (account.office_id, None):
        raise NotFound()
    return account, actor


def actor_with(session: Session, actor_id: int, permission: Permission) -> User:
    """The person; Forbidden without the permission."""
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden(permission=permission.value)
    return actor


def _named(session: Session, office_id: int | None, name: str) -> bool:
    same = select(BankAccount.name).where(BankAccount.office_id.is_not_distinct_from(office_id))
    return name.lower() in {other.lower() for other in session.scalars(same)}
