"""Setting up an empty system: a one-time code allows making the first office and admin.

Whoever starts agentsys gets the code on the terminal. It is void as soon as there is a user.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.people import accounts, offices, passwords, queries
from agentsys.people.models import SetupCode, User
from agentsys.people.permissions import RoleName

VALID_FOR = timedelta(hours=24)


class HasUsers(Conflict):
    """Somebody has set the system up already."""

    text = "Sistem ini sudah punya pengguna, jadi tidak disiapkan lagi."


class WrongCode(Invalid):
    """The code is wrong, too old or was replaced."""

    text = (
        "Kode itu salah atau tidak berlaku lagi. Kode baru dicetak di terminal oleh"
        " agentsys setup-code."
    )


@dataclass(frozen=True, kw_only=True)
class FirstOffice:
    """The first office, as it was typed."""

    code: str
    name: str
    city: str
    zone: str


@dataclass(frozen=True, kw_only=True, repr=False)
class FirstAdmin:
    """The first admin, as he or she was typed."""

    name: str
    phone: str
    email: str
    password: str


def make_code(session: Session) -> str:
    """A new code, which replaces the one before; HasUsers once there is a user.

    It is returned once and stored as a hash.
    """
    _wait_for_others(session)
    if queries.anybody(session):
        raise HasUsers()
    code = passwords.fresh_password()
    now = clock.now()
    session.execute(delete(SetupCode))
    session.add(SetupCode(code_hash=_hash(code), made_at=now, expires_at=now + VALID_FOR))
    session.flush()
    return code


def check_code(session: Session, typed: str) -> str:
    """A token that shows that the set-up code was right, for `set_up`; WrongCode otherwise."""
    proof = _hash(typed).hex()
    if not is_valid(session, proof):
        raise WrongCode()
    return proof


def is_valid(session: Session, proof: str) -> bool:
    """Whether this proof was made for the set-up code that is valid now."""
    stored = session.scalar(select(SetupCode.code_hash).where(SetupCode.expires_at > clock.now()))
    return stored is not None and hmac.compare_digest(stored.hex(), proof)


def set_up(session: Session, *, proof: str, office: FirstOffice, admin: FirstAdmin) -> User:
    """Make the first office, and an admin of all offices; the code is used up.

    NotFound once there is a user: two people who do this at once make one office.
    """
    _wait_for_others(session)
    if queries.anybody(session):
        raise NotFound()
    if not is_valid(session, proof):
        raise WrongCode()
    user = accounts.add_user(
        session,
        name=admin.name,
        roles=[RoleName.ADMIN],
        phone=admin.phone,
        email=admin.email,
        password=admin.password,
        office_id=None,
        actor_id=None,
    )
    made = offices.add_office(
        session,
        code=office.code,
        name=office.name,
        city=office.city,
        zone=office.zone,
        actor_id=user.id,
    )
    session.execute(delete(SetupCode))
    trail.record(
        session,
        actor_id=user.id,
        action="system.set_up",
        subject=f"office:{made.id}",
        details={"admin": user.id},
    )
    return user


def _wait_for_others(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(locks.SETTING_UP)))


def _hash(typed: str) -> bytes:
    """The stored hash of a code; a fast hash is enough, because codes are random."""
    plain = "".join(letter for letter in typed[:100].casefold() if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()
