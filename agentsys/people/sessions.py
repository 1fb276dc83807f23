"""Sessions of users, stored on the server so that they can be ended there.

Cookies have random tokens, and the table has their hashes. A session ends after some time without a
request, after twelve hours in any case, and when its user or an admin ends it. A phone that stays
signed in has a second, longer-lived token, which can resume the session.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.people.models import User, UserSession

LONGEST = timedelta(hours=12)  # of a session, however busy
REMEMBERED_FOR = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)  # how often a busy session is written down as such
_TOKEN_BYTES = 32
_SWEPT_AT_ONCE = 20
_SEEN = "UPDATE user_sessions SET last_seen_at = %s WHERE id = %s"


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens in the cookies of one browser."""

    session: str
    remember: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A valid session and its user."""

    id: int
    user: User
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """One of a user's sessions, as the user sees it."""

    id: int
    client: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool


def begin(session: Session, *, user_id: int, client: str, remember: bool) -> Tokens:
    """Start a session of a user; `client` describes the browser for the user."""
    _sweep(session, user_id)
    made = Tokens(session=_token(), remember=_token() if remember else "")
    now = clock.now()
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=_hash(made.session),
            remember_hash=_hash(made.remember) if remember else None,
            remembered_until=now + REMEMBERED_FOR if remember else None,
            client=client[:60],
            signed_in_at=now,
            began_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return made


def resume(session: Session, *, remember_token: str) -> str:
    """The token of the session that a remembered phone resumes; empty if it may not."""
    made, now = _token(), clock.now()
    found = session.scalar(
        update(UserSession)
        .where(
            UserSession.remember_hash == _hash(remember_token), UserSession.remembered_until > now
        )
        .values(token_hash=_hash(made), began_at=now, last_seen_at=now)
        .returning(UserSession.id)
        .execution_options(synchronize_session=False)
    )
    return made if found is not None else ""


def find(session: Session, *, token: str, idle_time: timedelta) -> SignedIn | None:
    """The valid session with this token, if its user may sign in."""
    now = clock.now()
    row = (
        session.execute(
            select(UserSession.id, UserSession.last_seen_at, User)
            .join(User, User.id == UserSession.user_id)
            .where(
                UserSession.token_hash == _hash(token),
                UserSession.began_at > now - LONGEST,
                User.active,
            )
        )
        .unique()
        .first()
    )
    if row is None or row.last_seen_at <= now - idle_limit(row.User, idle_time):
        return None
    return SignedIn(id=row.id, user=row.User, last_seen_at=row.last_seen_at)


def idle_limit(user: User, idle_time: timedelta) -> timedelta:
    """How long a user may be idle: longer for agents, whose phones are not shared."""
    return LONGEST if user.only_in_the_field else idle_time


def mark_seen(connection: psycopg.Connection[Any], *, session_id: int) -> None:
    """Record that a session was used just now, on an autocommit connection."""
    connection.execute(_SEEN, (clock.now(), session_id))


def end(session: Session, *, session_id: int) -> None:
    """End one session; copies of its cookies are no longer valid."""
    _delete(session, UserSession.id == session_id)


def end_own(session: Session, *, user: User, session_id: int) -> bool:
    """End one of a user's own sessions; False if there is none with that id."""
    return _end_and_record(session, user, UserSession.id == session_id)


def end_others(session: Session, *, user: User, this_id: int) -> bool:
    """End all of a user's sessions but one; False if there was no other."""
    return _end_and_record(session, user, UserSession.id != this_id)


def end_all(session: Session, *, user: User) -> None:
    """End all sessions of a user, who must sign in again."""
    user.fs_uniquifier = secrets.token_hex(16)
    _delete(session, UserSession.user_id == user.id)


def own(
    session: Session, *, user: User, this_id: int, idle_time: timedelta
) -> Sequence[OwnSession]:
    """The user's valid sessions: the current one first, then the newest."""
    now = clock.now()
    rows = session.execute(
        select(
            UserSession.id,
            UserSession.client,
            UserSession.signed_in_at,
            UserSession.last_seen_at,
        )
        .where(UserSession.user_id == user.id, _lives(now, idle_limit(user, idle_time)))
        .order_by((UserSession.id == this_id).desc(), UserSession.last_seen_at.desc())
    )
    return [OwnSession(**row._mapping, is_this=row.id == this_id) for row in rows]


def _lives(now: datetime, idle: timedelta) -> ColumnElement[bool]:
    used = (UserSession.began_at > now - LONGEST) & (UserSession.last_seen_at > now - idle)
    return or_(used, UserSession.remembered_until > now)


def _end_and_record(session: Session, user: User, which: ColumnElement[bool]) -> bool:
    ended = _delete(session, UserSession.user_id == user.id, which)
    if ended:
        trail.record(
            session,
            actor_id=user.id,
            action="user.sessions_ended",
            subject=f"user:{user.id}",
            details={"sessions": ended},
        )
    return ended > 0


def _delete(session: Session, *which: ColumnElement[bool]) -> int:
    gone = session.scalars(
        delete(UserSession)
        .where(*which)
        .returning(UserSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _sweep(session: Session, user_id: int) -> None:
    """Delete ended sessions: all of this user, and a few of others."""
    now = clock.now()
    ended = UserSession.began_at <= now - LONGEST
    forgotten = func.coalesce(UserSession.remembered_until, now) <= now
    some = (
        select(UserSession.id)
        .where(ended, forgotten)
        .order_by(UserSession.user_id != user_id, UserSession.began_at)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    _delete(session, UserSession.id.in_(some))


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _hash(token: str) -> bytes:
    """The stored hash of a token; a fast hash is enough, because tokens are random."""
    return hashlib.sha256(token.encode()).digest()
