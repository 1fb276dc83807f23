"""Signing in: who may, and the wrong passwords of accounts and network addresses."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_security import SQLAlchemyUserDatastore
from sqlalchemy import ColumnElement, case, delete, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.db import db
from agentsys.people.models import LOCKED_FOR, Role, User, WrongPasswords

WRONG_PASSWORDS = 5
WRONG_OF_AN_ADDRESS = 100  # many phones of a mobile network share an address
COUNTED_FOR = timedelta(minutes=15)
_SWEPT_AT_ONCE = 20


def datastore() -> SQLAlchemyUserDatastore:
    """What Flask-Security reads and changes users and roles by."""
    return SQLAlchemyUserDatastore(db, User, Role)


def may_try(session: Session, *, address: str) -> bool:
    """Whether an address may try a password: False after too many wrong ones."""
    counted = select(WrongPasswords.count).where(
        WrongPasswords.address == address, not_(_is_old(clock.now()))
    )
    return (session.scalar(counted) or 0) < WRONG_OF_AN_ADDRESS


def count_wrong(session: Session, *, user_id: int | None, address: str) -> None:
    """Count a wrong password; the fifth one locks the account, which the audit trail records."""
    now = clock.now()
    _count_at(session, address, now)
    if user_id is None:
        return
    last = User.failed_logins + 1 >= WRONG_PASSWORDS
    locked_until = session.scalar(
        update(User)
        .where(User.id == user_id, _is_open(now))
        .values(
            failed_logins=case((last, 0), else_=User.failed_logins + 1),
            locked_until=case((last, now + LOCKED_FOR), else_=None),
        )
        .returning(User.locked_until)
    )
    if locked_until is not None:
        trail.record(
            session,
            actor_id=None,
            action="user.locked",
            subject=f"user:{user_id}",
            details={"wrong": WRONG_PASSWORDS},
        )


def signed_in(session: Session, *, user: User) -> None:
    """Reset the count of wrong passwords; the audit trail records how many there were."""
    wrong = user.failed_logins
    user.failed_logins, user.locked_until = 0, None
    session.flush()
    trail.record(
        session,
        actor_id=user.id,
        action="user.signed_in",
        subject=f"user:{user.id}",
        details={"wrong_before": wrong},
    )


def _is_open(now: datetime) -> ColumnElement[bool]:
    return or_(
        User.locked_until.is_(None),
        User.locked_until <= now,
        User.locked_until > now + LOCKED_FOR,
    )


def _is_old(now: datetime) -> ColumnElement[bool]:
    """Whether it was counted long ago, or by a clock that ran ahead."""
    return or_(WrongPasswords.since <= now - COUNTED_FOR, WrongPasswords.since > now + COUNTED_FOR)


def _count_at(session: Session, address: str, now: datetime) -> None:
    """Count one more at the address, and delete a few old rows of other addresses."""
    old = _is_old(now)
    session.execute(
        insert(WrongPasswords)
        .values(address=address, count=1, since=now)
        .on_conflict_do_update(
            index_elements=[WrongPasswords.address],
            set_={
                "count": case((old, 1), else_=WrongPasswords.count + 1),
                "since": case((old, now), else_=WrongPasswords.since),
            },
        )
    )
    quiet = select(WrongPasswords.address).where(old).limit(_SWEPT_AT_ONCE)
    session.execute(
        delete(WrongPasswords)
        .where(WrongPasswords.address.in_(quiet.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )
