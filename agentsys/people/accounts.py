"""Adding users and closing their accounts."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from flask_security import uia_email_mapper, uia_phone_mapper
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.names import tidy_name
from agentsys.people import offices, passwords, second_person, sessions
from agentsys.people.models import AccessChangeKind, Agent, AgentStatus, Role, User
from agentsys.people.permissions import ROLES, Permission, RoleName, roles_with
from agentsys.people.roles import stands_alone

LEADERS = roles_with(Permission.COMMISSION_APPROVE)  # whoever may be an agent's supervisor


class AlreadyRegistered(Conflict):
    """Another user signs in with this phone number or address."""

    text = "Nomor HP atau e-mail itu sudah dipakai pengguna lain."


def add_user(
    session: Session,
    *,
    name: str,
    roles: Collection[RoleName],
    phone: str,
    email: str,
    password: str,
    office_id: int | None,
    actor_id: int | None,
    must_change_password: bool = False,
) -> User:
    """A new user who can sign in; Invalid or AlreadyRegistered say what to change."""
    name = tidy_name(name)
    if not 1 <= len(name) <= 120:
        raise Invalid("Isi nama pengguna, paling banyak 120 huruf.")
    check_roles(roles, office_id)
    if office_id is not None:
        offices.check_open(session, office_id)
    identity = identity_of(phone, email)
    taken = select(User.id).where(
        or_(*(getattr(User, key) == value for key, value in identity.items() if value))
    )
    if session.scalar(taken) is not None:
        raise AlreadyRegistered()
    user = User(
        name=name,
        must_change_password=must_change_password,
        fs_uniquifier=secrets.token_hex(16),
        active=True,
        office_id=office_id,
        roles=[role_row(session, role) for role in sorted(set(roles))],
        **identity,
    )
    passwords.refuse_weak(password, user=user)
    user.password = passwords.hashed(password)
    session.add(user)
    session.flush()
    second_person.record_change(
        session, user_id=user.id, kind=AccessChangeKind.MADE, actor_id=actor_id
    )
    trail.record(
        session,
        actor_id=actor_id,
        action="user.added",
        subject=f"user:{user.id}",
        details={"roles": sorted(set(roles)), "office": office_id},
    )
    return user


def identity_of(phone: str, email: str) -> dict[str, str | None]:
    """The phone number or e-mail address as it is stored; Invalid if it is neither."""
    if not phone.strip() and not email.strip():
        raise Invalid("Isi nomor HP atau e-mail: salah satunya dipakai untuk masuk.")
    number = uia_phone_mapper(phone) if phone.strip() else None
    if phone.strip() and number is None:
        raise Invalid("Nomor HP tidak dikenali. Tulis seperti 0812-3456-7890.")
    address = uia_email_mapper(email.strip()) if email.strip() else None
    if email.strip() and address is None:
        raise Invalid("E-mail tidak dikenali. Tulis seperti nama@contoh.id.")
    return {"phone": number, "email": address.lower() if address else None}


def change_roles(
    session: Session, *, user_id: int, roles: Collection[RoleName], actor_id: int
) -> None:
    """Add and remove roles; they take effect at the user's next request."""
    if user_id == actor_id:
        raise Invalid("Anda tidak bisa mengubah peran sendiri. Minta admin lain.")
    user = session.get_one(User, user_id)
    # The lock makes two admins wait for each other, so that each sees the other's change.
    session.refresh(user, with_for_update={"of": User, "key_share": True})
    before, after = user.role_names, frozenset(roles)
    check_roles(after, user.office_id)
    if RoleName.AGENT in before - after:
        _check_no_agent(session, user)
    if before & LEADERS and not after & LEADERS:
        _check_leads_nobody(session, user)
    if before == after:
        return
    user.roles = [role_row(session, role) for role in sorted(after)]
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="user.roles_changed",
        subject=f"user:{user.id}",
        details={"roles": [sorted(before), sorted(after)]},
    )


def set_language(session: Session, *, user_id: int, language: str) -> None:
    """Store the language in which a user reads pages."""
    session.execute(update(User).where(User.id == user_id).values(language=language))


def set_active(session: Session, *, user_id: int, active: bool, actor_id: int) -> None:
    """Open or close an account; closing ends its sessions at once."""
    if user_id == actor_id:
        raise Invalid("Anda tidak bisa menutup akun sendiri. Minta admin lain.")
    user = session.get_one(User, user_id)
    user.active = active
    sessions.end_all(session, user=user)
    trail.record(
        session,
        actor_id=actor_id,
        action="user.opened" if active else "user.closed",
        subject=f"user:{user.id}",
        details={},
    )


def check_roles(roles: Collection[RoleName], office_id: int | None) -> None:
    """Invalid if these roles do not go together, or one of them needs an office."""
    if not roles:
        raise Invalid("Pilih paling sedikit satu peran.")
    if not stands_alone(roles):
        raise Invalid(
            "Auditor tidak merangkap peran lain, karena ia memeriksa pekerjaan peran itu."
        )
    if office_id is None and any(ROLES[role].needs_office for role in roles):
        raise Invalid(
            "Pilih kantor: hanya admin dan auditor yang boleh tanpa kantor. Kantor baru ditambahkan"
            " di halaman Kantor atau dengan agentsys office add."
        )


def _check_no_agent(session: Session, user: User) -> None:
    working = select(Agent.id).where(Agent.user_id == user.id, Agent.status != AgentStatus.LEFT)
    if session.scalar(working) is not None:
        raise Invalid(
            "Pengguna ini masih bekerja sebagai agen. Ubah dulu statusnya menjadi Berhenti di"
            " halaman Agen, lalu ambil perannya."
        )


def _check_leads_nobody(session: Session, user: User) -> None:
    led = select(Agent.id).where(Agent.supervisor_id == user.id, Agent.status != AgentStatus.LEFT)
    if session.scalar(led.limit(1)) is not None:
        raise Invalid(
            "Pengguna ini masih membina agen. Pilih dulu penyelia lain di halaman Agen, lalu ambil"
            " perannya."
        )


def role_row(session: Session, role: RoleName) -> Role:
    """The role's row, created when it is first needed."""
    row = session.scalar(select(Role).where(Role.name == role))
    if row is None:
        row = Role(name=role.value)
        session.add(row)
        session.flush()
    return row
