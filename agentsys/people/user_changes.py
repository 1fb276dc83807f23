"""Changing a user's name, sign-in and office."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Invalid, NotFound
from agentsys.names import tidy_name
from agentsys.people import accounts, offices, second_person, sessions
from agentsys.people.models import AccessChangeKind, Agent, AgentStatus, User

_SIGN_IN = ("phone", "email")


def change_user(
    session: Session,
    *,
    user_id: int,
    name: str,
    phone: str,
    email: str,
    office_id: int | None,
    actor_id: int,
) -> User:
    """Change a user; the audit trail keeps before and after. Another office ends the sessions."""
    user = session.get(
        User, user_id, with_for_update={"of": User, "key_share": True}, populate_existing=True
    )
    if user is None:
        raise NotFound()
    name = tidy_name(name)
    if not 1 <= len(name) <= 120:
        raise Invalid("Isi nama pengguna, paling banyak 120 huruf.", about="name")
    wanted = {"name": name, "office_id": office_id, **accounts.identity_of(phone, email)}
    changed = {
        field: [getattr(user, field), value]
        for field, value in wanted.items()
        if getattr(user, field) != value
    }
    if not changed:
        return user
    _check_free(session, user, {field: changed[field][1] for field in _SIGN_IN if field in changed})
    if "office_id" in changed:
        _check_office(session, user, office_id, actor_id)
    for field, (_before, after) in changed.items():
        setattr(user, field, after)
    if "office_id" in changed:
        sessions.end_all(session, user=user)
    if any(field in changed for field in _SIGN_IN):
        kind = AccessChangeKind.SIGN_IN
        second_person.record_change(session, user_id=user.id, kind=kind, actor_id=actor_id)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="user.changed",
        subject=f"user:{user.id}",
        details=changed,
    )
    return user


def _check_free(session: Session, user: User, wanted: dict[str, object]) -> None:
    taken = [getattr(User, field) == value for field, value in wanted.items() if value]
    if taken and session.scalar(select(User.id).where(or_(*taken), User.id != user.id)):
        raise accounts.AlreadyRegistered()


def _check_office(session: Session, user: User, office_id: int | None, actor_id: int) -> None:
    if user.id == actor_id:
        raise Invalid("Kantor sendiri tidak diubah sendiri. Minta admin lain.", about="office")
    accounts.check_roles(user.role_names, office_id)
    if office_id is not None:
        offices.check_open(session, office_id)
    working = Agent.status != AgentStatus.LEFT
    if session.scalar(select(Agent.id).where(Agent.user_id == user.id, working)) is not None:
        raise Invalid(
            "Pengguna ini bekerja sebagai agen kantornya. Ubah dulu statusnya menjadi Berhenti di"
            " halaman Agen.",
            about="office",
        )
    if session.scalar(select(Agent.id).where(Agent.supervisor_id == user.id, working)) is not None:
        raise Invalid(
            "Pengguna ini masih membina agen kantornya. Pilih dulu penyelia lain di halaman Agen.",
            about="office",
        )
