"""One-time passwords that an admin reads to a user."""

from __future__ import annotations

import secrets

from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Invalid
from agentsys.people.models import User

# Without what is misread on a phone or misheard on a call: 0 O 1 I l.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


def fresh_password() -> str:
    """A random password of four short groups, 79 bits in all."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


def renew_password(session: Session, *, user: User, actor_id: int) -> str:
    """A new password for somebody else, to be shown once; it ends that person's sessions."""
    if user.id == actor_id:
        raise Invalid("Kata sandi sendiri tidak diganti di sini. Minta admin lain.")
    password = fresh_password()
    user.password = hash_password(password)
    user.fs_uniquifier = secrets.token_hex(16)
    user.failed_logins, user.locked_until = 0, None
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="user.password_renewed",
        subject=f"user:{user.id}",
        details={},
    )
    return password
