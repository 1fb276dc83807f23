"""Taking open work, giving it back, and handing it over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.messages import Message
from agentsys.people.models import Role, User
from agentsys.people.permissions import ROLES, Reach, roles_with
from agentsys.people.queries import Choice
from agentsys.work import open_items, queries
from agentsys.work.items import Item
from agentsys.work.models import WorkAssignment

MOST_COLLEAGUES = 50


def take(session: Session, *, kind: str, subject: str, actor: User) -> WorkAssignment:
    """Make the actor the holder; Conflict if a colleague was faster."""
    queries.one(session, actor, kind=kind, subject=subject)
    held = _held(session, kind, subject, actor.id)
    if held.holder_id == actor.id:
        return held
    holder = session.get_one(User, held.holder_id)
    if holder.active:
        raise Conflict(
            Message(
                text="{name} sudah memegang pekerjaan ini. Minta diserahkan, atau pilih yang lain.",
                values={"name": holder.name},
            ),
            holder_id=held.holder_id,
        )
    # A holder whose account is closed does not count.
    held.holder_id, held.taken_at = actor.id, clock.now()
    held.handed_by = held.handed_at = held.due_at = None
    held.note = ""
    session.flush()
    return held


def give_back(session: Session, *, kind: str, subject: str, actor: User) -> None:
    """Remove the holder; Forbidden for anybody else than the holder."""
    queries.one(session, actor, kind=kind, subject=subject)
    held = session.get(WorkAssignment, (kind, subject), with_for_update=True)
    if held is None:
        return
    if held.holder_id != actor.id:
        raise Forbidden("Hanya pemegangnya yang dapat melepas pekerjaan ini.")
    session.delete(held)
    session.flush()


def hand_over(
    session: Session,
    *,
    kind: str,
    subject: str,
    to_id: int,
    actor: User,
    note: str = "",
    due_at: datetime | None = None,
) -> WorkAssignment:
    """Make a colleague who may decide the item its holder; the note is recorded."""
    item = queries.one(session, actor, kind=kind, subject=subject)
    to = session.get(User, to_id)
    if to is None or not to.active or to.id == actor.id:
        raise Invalid("Pilih rekan dari daftar.")
    if not (to.can(item.kind.decided_by) and _sees(session, to, kind, subject)):
        raise Invalid("Rekan itu tidak dapat memutuskan pekerjaan ini. Pilih yang lain.")
    if due_at is not None and due_at <= clock.now():
        raise Invalid("Tenggat harus hari ini atau sesudahnya.")
    held = _held(session, kind, subject, actor.id)
    if held.holder_id != actor.id and not actor.can(item.kind.escalates_to):
        raise Forbidden("Pekerjaan ini dipegang orang lain, jadi hanya ia yang menyerahkannya.")
    held.holder_id, held.taken_at = to.id, clock.now()
    held.handed_by, held.handed_at = actor.id, clock.now()
    held.due_at = due_at
    held.note = " ".join(note.replace("\0", "").split())[:200]
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="work.handed_over",
        subject=f"work:{kind}:{subject}",
        details={"to": to.id, "note": held.note},
    )
    return held


def colleagues(session: Session, item: Item, *, actor: User) -> list[Choice]:
    """Active users of the item's office, or of none, to whom the actor may hand it over.

    Items that only the agent's supervisor may decide cannot be handed over.
    """
    roles = [role for role in roles_with(item.kind.decided_by) if ROLES[role].reach is Reach.OFFICE]
    of_office = or_(User.office_id.is_(None), User.office_id == item.office_id)
    rows = session.execute(
        select(User.id, User.name)
        .where(
            User.active,
            User.id != actor.id,
            User.roles.any(Role.name.in_([role.value for role in roles])),
            of_office if item.office_id else true(),
        )
        .order_by(User.name, User.id)
        .limit(MOST_COLLEAGUES)
    )
    return [Choice(id=user_id, name=name) for user_id, name in rows]


def forget_closed(session: Session) -> int:
    """Delete the assignments of closed items; return their number."""
    work = open_items.every_item()
    still_open = exists().where(
        work.c.kind == WorkAssignment.kind, work.c.subject == WorkAssignment.subject
    )
    gone = session.execute(
        delete(WorkAssignment)
        .where(~still_open)
        .returning(WorkAssignment.kind)
        .execution_options(synchronize_session=False),
        open_items.moments(),
    )
    return len(gone.all())


def _held(session: Session, kind: str, subject: str, actor_id: int) -> WorkAssignment:
    """The locked assignment; a new one of the actor if the item had no holder."""
    row = {"kind": kind, "subject": subject, "holder_id": actor_id, "taken_at": clock.now()}
    session.execute(insert(WorkAssignment).values(row).on_conflict_do_nothing())
    return session.get_one(
        WorkAssignment, (kind, subject), with_for_update=True, populate_existing=True
    )


def _sees(session: Session, user: User, kind: str, subject: str) -> bool:
    try:
        queries.one(session, user, kind=kind, subject=subject)
    except NotFound:
        return False
    return True
