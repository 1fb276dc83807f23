"""Passwords: one that an admin sets for a user, and the user's own one that replaces it."""

from __future__ import annotations

import secrets
import unicodedata

from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Invalid
from agentsys.people import second_person, sessions
from agentsys.people.models import AccessChangeKind, User

SHORTEST, LONGEST = 15, 128
_LONGEST_HASHED = 4096  # passlib raises an error for longer passwords
# Checked before anything else: normalising combining characters takes quadratic time.
_LONGEST_TYPED = 1024
# Without characters that are easily confused: 0 O 1 I l.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4
# Easily guessed parts do not count towards the length of a password.
_GUESSED = [
    *("bpjs", "ketenagakerjaan", "perisai", "agentsys", "indonesia", "selamat", "admin"),
    *("katasandi", "sandi", "rahasia", "password", "qwertyuiop", "qwerty", "asdfghjkl"),
    *("1234567890", "123456", "abcdefghij", "abcdef"),
]
_SHORTEST_NAME = 3
_LEAST_UNGUESSED, _LEAST_DIFFERENT = 8, 5


class ShortPassword(Invalid):
    """The password is too short."""

    text = "Kata sandi minimal 15 karakter. Beberapa kata acak mudah diingat."


class LongPassword(Invalid):
    """The password is too long."""

    text = "Kata sandi paling banyak 128 huruf."


class EasyPassword(Invalid):
    """The password is easy to guess."""

    text = "Kata sandi itu mudah ditebak. Pakai kata acak, bukan nama, nomor HP, atau bpjs."


class SamePassword(Invalid):
    """The new password equals the old one."""

    text = "Kata sandi baru masih sama dengan yang sekarang. Buat yang lain."


class WrongPassword(Invalid):
    """The old password is wrong."""

    text = "Kata sandi sekarang salah. Setelah lima kali salah, akun terkunci 15 menit."


class TooManyWrong(WrongPassword):
    """Too many wrong passwords were tried."""

    text = "Terlalu banyak kata sandi salah. Tunggu 15 menit, lalu coba lagi."


def fresh_password() -> str:
    """A random password of four short groups, 79 bits in all."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


def renew_password(session: Session, *, user_id: int, actor_id: int) -> str:
    """Set a password for another user, to be shown once and changed; ends the user's sessions."""
    if user_id == actor_id:
        raise Invalid("Kata sandi sendiri tidak diganti di sini. Minta admin lain.")
    password = fresh_password()
    second_person.record_change(
        session, user_id=user_id, kind=AccessChangeKind.PASSWORD, actor_id=actor_id
    )
    _set(
        session,
        session.get_one(User, user_id),
        password,
        actor_id=actor_id,
        action="user.password_renewed",
    )
    return password


def change_password(session: Session, *, user: User, old: str, new: str) -> None:
    """Set the user's own password; checks the old one, unless an admin set that."""
    if not user.must_change_password:
        if user.is_locked():
            raise TooManyWrong()
        if not can_be_one(old) or not user.verify_and_update_password(_typed(old)):
            raise WrongPassword()
    refuse_weak(new, user=user)
    if user.verify_and_update_password(_typed(new)):
        raise SamePassword()
    _set(session, user, new, actor_id=user.id, action="user.password_changed")


def refuse_weak(password: str, *, user: User) -> None:
    """Refuse a password that is too short, too long or easily guessed."""
    if len(password) < SHORTEST:
        raise ShortPassword()
    if len(password) > LONGEST:
        raise LongPassword()
    left = _bare(password)
    for word in sorted(_GUESSED + _about(user), key=len, reverse=True):
        left = left.replace(word, "")
    if len(left) < _LEAST_UNGUESSED or len(set(left)) < _LEAST_DIFFERENT:
        raise EasyPassword()


def can_be_one(password: str) -> bool:
    """Whether it can be hashed; passwords of 0.1.0 may be longer than LONGEST."""
    return len(password) <= _LONGEST_TYPED and len(_typed(password)) <= _LONGEST_HASHED


def hashed(password: str) -> str:
    """The hash of a password."""
    if not can_be_one(password):
        raise LongPassword()
    return str(hash_password(_typed(password)))


def _set(session: Session, user: User, password: str, *, actor_id: int, action: str) -> None:
    user.password = hashed(password)
    user.must_change_password = actor_id != user.id
    sessions.end_all(session, user=user)
    user.failed_logins, user.locked_until = 0, None
    session.flush()
    trail.record(session, actor_id=actor_id, action=action, subject=f"user:{user.id}", details={})


def _typed(password: str) -> str:
    """The password in Unicode normal form, as Flask-Security normalises it at sign-in."""
    return unicodedata.normalize("NFKD", password)


def _bare(text: str) -> str:
    return "".join(letter for letter in _typed(text).casefold() if letter.isalnum())


def _about(user: User) -> list[str]:
    """Facts about a user that other people know, which make passwords easy to guess."""
    words = [word for word in map(_bare, user.name.split()) if len(word) >= _SHORTEST_NAME]
    if user.phone:
        words.append(_bare(user.phone).removeprefix("62"))
    if user.email:
        words.append(_bare(user.email.partition("@")[0]))
    return [word for word in words if word]
