"""Delegates: another supervisor of the office approves commissions for one who is away.

A delegation opens and closes by its days alone: no job is needed. It gives the statements of the
absent supervisor's own team and nothing else, so it is never passed on to a third person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import User
from agentsys.people.permissions import Permission, Reach, RoleHolder, roles_with
from agentsys.people.scope import delegated_on, of_office
from agentsys.people.substitutes import today

SHOWN = 50
LONGEST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Absence:
    """One delegation with the names of both people."""

    id: int
    user_id: int
    user: str
    delegate_id: int
    delegate: str
    from_on: date
    until_on: date
    reason: str
    named_by: int
    ended_at: datetime | None

    def is_active(self, day: date) -> bool:
        """Whether the delegate decides on that day."""
        return self.ended_at is None and self.from_on <= day <= self.until_on


def name(
    session: Session,
    *,
    user_id: int,
    delegate_id: int,
    from_on: date,
    until_on: date,
    reason: str,
    actor_id: int,
) -> Delegation:
    """Have another supervisor approve for one from a day to a day; no overlaps and no chains."""
    away, delegate = _both(session, user_id, delegate_id)
    actor = session.get(User, actor_id)
    if actor is None or not _may_name_for(actor, away):
        raise NotFound()
    if from_on < today():
        raise Invalid("Cuti mulai paling cepat hari ini.", about="from_on")
    if not 0 <= (until_on - from_on).days < LONGEST_DAYS:
        raise Invalid(
            "Hari terakhir tidak boleh sebelum hari pertama, dan cuti paling lama setahun.",
            about="until_on",
        )
    if away.office_id is None or delegate.office_id != away.office_id:
        raise Invalid("Wakilnya harus penyelia dari kantor yang sama.", about="delegate")
    if not all(one.active and one.can(Permission.COMMISSION_APPROVE) for one in (away, delegate)):
        raise Invalid(
            "Yang cuti dan wakilnya harus penyelia dengan akun yang aktif.", about="delegate"
        )
    _check_free(session, away, delegate, from_on, until_on)
    made = Delegation(
        user_id=away.id,
        delegate_id=delegate.id,
        from_on=from_on,
        until_on=until_on,
        reason=" ".join(reason.replace("\0", "").split())[:200],
        named_by=actor.id,
    )
    session.add(made)
    session.flush()
    _record(session, made, "entrusted", actor.id)
    return made


def end(session: Session, *, delegation_id: int, actor_id: int) -> Delegation:
    """End a delegation now, or call it off before it begins; Conflict if it is over."""
    made = session.get(Delegation, delegation_id, with_for_update=True, populate_existing=True)
    actor = session.get(User, actor_id)
    away = session.get(User, made.user_id) if made is not None else None
    if made is None or actor is None or away is None or not _may_name_for(actor, away):
        raise NotFound()
    if made.ended_at is not None or made.until_on < today():
        raise Conflict("Perwakilan ini sudah selesai.")
    made.ended_by, made.ended_at = actor.id, clock.now()
    session.flush()
    _record(session, made, "ended", actor.id)
    return made


def standing_in(session: Session, *, user_id: int | None, delegate_id: int) -> Delegation | None:
    """The delegation by which one user decides for another today, locked until the end.

    None if there is none, or if the account of the absent user is closed.
    """
    if user_id is None:
        return None
    return session.scalar(
        select(Delegation)
        .join(User, User.id == Delegation.user_id)
        .where(
            delegated_on(today()),
            Delegation.user_id == user_id,
            Delegation.delegate_id == delegate_id,
            User.active,
        )
        .with_for_update(of=Delegation, read=True)
    )


def between(session: Session, some: Collection[int], others: Collection[int]) -> bool:
    """Whether one of these stands for one of the others today, or the other way round."""
    found = session.scalar(
        select(Delegation.id)
        .where(
            delegated_on(today()),
            or_(
                Delegation.user_id.in_(some) & Delegation.delegate_id.in_(others),
                Delegation.user_id.in_(others) & Delegation.delegate_id.in_(some),
            ),
        )
        .limit(1)
    )
    return found is not None


def decides_for(session: Session, *, delegate_id: int) -> Sequence[Absence]:
    """For whom a user decides today."""
    return _absences(session, delegated_on(today()), Delegation.delegate_id == delegate_id)


def all_seen_by(session: Session, user: User) -> Sequence[Absence]:
    """The newest delegations that concern the user: the own ones, or those of the office."""
    seen: list[ColumnElement[bool]] = [
        Delegation.user_id == user.id,
        Delegation.delegate_id == user.id,
    ]
    if Reach.OFFICE in user.reach(Permission.DELEGATE_READ):
        seen.append(Delegation.user_id.in_(select(User.id).where(of_office(user, User.office_id))))
    return _absences(session, or_(false(), *seen))


def able(session: Session, user: RoleHolder) -> Sequence[tuple[int, str]]:
    """The supervisors of the user's office, or of all, by name: who may be away or a delegate."""
    names = [role.value for role in roles_with(Permission.COMMISSION_APPROVE)]
    mine = true() if user.sees_all_offices else User.office_id == user.office_id
    rows = session.execute(
        select(User.id, User.name)
        .where(mine, User.active, User.office_id.is_not(None), User.roles.any(_named(names)))
        .order_by(User.name, User.id)
        .limit(500)
    )
    return [(key, found) for key, found in rows]


def _named(names: Sequence[str]) -> ColumnElement[bool]:
    role = User.roles.property.mapper.class_
    found: ColumnElement[bool] = role.name.in_(names)
    return found


def _may_name_for(actor: User, away: User) -> bool:
    if not actor.can(Permission.DELEGATE_SET):
        return False
    if actor.id == away.id:
        return True
    of_office = Reach.OFFICE in actor.reach(Permission.DELEGATE_SET)
    return of_office and (actor.sees_all_offices or actor.office_id == away.office_id)


def _both(session: Session, user_id: int, delegate_id: int) -> tuple[User, User]:
    """Both users, locked in the order of their ids."""
    ids = {user_id, delegate_id}
    if len(ids) < 2:
        raise Invalid("Pilih orang lain sebagai wakil.", about="delegate")
    found = {
        user.id: user
        for user in session.scalars(
            select(User)
            .where(User.id.in_(ids))
            .order_by(User.id)
            .with_for_update(of=User, key_share=True)
            .execution_options(populate_existing=True)
        ).unique()
    }
    if len(found) < 2:
        raise NotFound()
    return found[user_id], found[delegate_id]


def _check_free(
    session: Session, away: User, delegate: User, from_on: date, until_on: date
) -> None:
    both = (away.id, delegate.id)
    found = session.scalars(
        select(Delegation)
        .where(
            Delegation.ended_at.is_(None),
            Delegation.from_on <= until_on,
            Delegation.until_on >= from_on,
            or_(Delegation.user_id.in_(both), Delegation.delegate_id == away.id),
        )
        .order_by(Delegation.id)
    )
    for other in found:
        if other.user_id == away.id:
            text = "Penyelia ini sudah punya wakil dari {from_on} sampai {until_on}."
        elif other.user_id == delegate.id:
            text = "Wakil yang dipilih cuti dari {from_on} sampai {until_on}. Pilih orang lain."
        else:
            text = (
                "Penyelia ini mewakili orang lain dari {from_on} sampai {until_on}. Akhiri dulu"
                " perwakilan itu."
            )
        raise Invalid(text, from_on=other.from_on, until_on=other.until_on, about="from_on")


def _absences(session: Session, *conditions: ColumnElement[bool]) -> list[Absence]:
    away, delegate = aliased(User), aliased(User)
    rows = session.execute(
        select(
            Delegation.id,
            Delegation.user_id,
            away.name.label("user"),
            Delegation.delegate_id,
            delegate.name.label("delegate"),
            Delegation.from_on,
            Delegation.until_on,
            Delegation.reason,
            Delegation.named_by,
            Delegation.ended_at,
        )
        .join(away, away.id == Delegation.user_id)
        .join(delegate, delegate.id == Delegation.delegate_id)
        .where(*conditions)
        .order_by(Delegation.from_on.desc(), Delegation.id.desc())
        .limit(SHOWN)
    )
    return [Absence(**row._mapping) for row in rows]


def _record(session: Session, made: Delegation, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"delegate.{what}",
        subject=f"user:{made.user_id}",
        details={
            "delegate": f"user:{made.delegate_id}",
            "from": made.from_on,
            "until": made.until_on,
            "reason": made.reason,
        },
    )
