"""Who may be the second person of whom.

An admin who makes a user, or changes how a user signs in, could sign in as that user and so be both
persons of a decision that needs two. For some days such people are not each other's second person.
Every decision that needs two people asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Refused
from agentsys.messages import Message
from agentsys.people.models import AccessChange, AccessChangeKind, Office, User
from agentsys.runtime import runtime

_MADE = (
    "Akun {user} dibuat oleh {admin}, jadi sampai {until} keduanya tidak menjadi orang kedua satu"
    " sama lain. Minta orang lain memutuskan."
)
_RENEWED = (
    "Kata sandi {user} dibuat ulang oleh {admin}, jadi sampai {until} keduanya tidak menjadi orang"
    " kedua satu sama lain. Minta orang lain memutuskan."
)
_SIGN_IN = (
    "Nomor HP atau e-mail {user} diganti oleh {admin}, jadi sampai {until} keduanya tidak menjadi"
    " orang kedua satu sama lain. Minta orang lain memutuskan."
)
_SAME_ADMIN = (
    "Cara masuk {user} dan {other} baru dibuat atau diganti oleh {admin} yang sama, jadi sampai"
    " {until} keduanya tidak menjadi orang kedua satu sama lain. Minta orang lain memutuskan."
)
_TEXTS = {
    AccessChangeKind.MADE: _MADE,
    AccessChangeKind.PASSWORD: _RENEWED,
    AccessChangeKind.SIGN_IN: _SIGN_IN,
}


class NotYet(Refused):
    """Refused: for some days these people are not each other's second person."""


@dataclass(frozen=True, kw_only=True)
class _Change:
    user_id: int
    by_id: int
    kind: AccessChangeKind
    at: datetime


def record_change(
    session: Session, *, user_id: int, kind: AccessChangeKind, actor_id: int | None
) -> None:
    """Keep that an admin made a user or changed how the user signs in; commands are no admin."""
    if actor_id is not None and actor_id != user_id:
        session.add(AccessChange(user_id=user_id, by_id=actor_id, kind=kind, at=clock.now()))
        session.flush()


def check(session: Session, *, second: User, first_ids: Iterable[int | None]) -> None:
    """Raise NotYet if a user may not yet be the second person of one of these."""
    first = {first_id for first_id in first_ids if first_id is not None}
    for reason in reasons(session, second_id=second.id, first_ids=first).values():
        raise NotYet(reason)


def reasons(
    session: Session, *, second_id: int, first_ids: Collection[int | None]
) -> Mapping[int, Message]:
    """Of these first persons, those whose second person a user may not yet be, and why."""
    first = {each for each in first_ids if each is not None and each != second_id}
    days = timedelta(days=runtime().settings.second_person_days)
    if not first or not days:
        return {}
    changes = _changes(session, {second_id, *first}, since=clock.now() - days)
    if not changes:
        return {}
    people = {second_id, *first}
    known = _Known(
        changes=changes,
        names=_names(session, changes, people),
        new_people=_of_new_offices(session, people, since=clock.now() - days),
        days=days,
    )
    found = {one: known.reason(one, second_id) for one in first}
    return {one: reason for one, reason in found.items() if reason is not None}


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What happened in the last days to some people."""

    changes: Collection[_Change]
    names: Mapping[int, str]
    new_people: Collection[int]  # of an office that is new itself
    days: timedelta

    def reason(self, first: int, second: int) -> Message | None:
        """Why two people are not yet each other's second person; the reason that lasts longest."""
        pair = {first, second}
        direct = [each for each in self.changes if {each.user_id, each.by_id} == pair]
        if direct:
            last = max(direct, key=lambda each: each.at)
            values = {"user": self.names[last.user_id], "admin": self.names[last.by_id]}
            return self._until(last.at, _TEXTS[last.kind], values)
        if pair <= set(self.new_people):
            return None  # one admin makes all people of a new office
        return self._same_admin(first, second)

    def _same_admin(self, first: int, second: int) -> Message | None:
        """The reason if one admin could sign in as both."""
        pairs = [
            (one, other)
            for one in self.changes
            for other in self.changes
            if (one.user_id, other.user_id) == (first, second) and one.by_id == other.by_id
        ]
        if not pairs:
            return None
        last = max(pairs, key=lambda pair: min(change.at for change in pair))
        values = {
            "user": self.names[second],
            "other": self.names[first],
            "admin": self.names[last[0].by_id],
        }
        return self._until(min(change.at for change in last), _SAME_ADMIN, values)

    def _until(self, at: datetime, text: str, values: Mapping[str, str]) -> Message:
        return Message(text=text, values={**values, "until": at + self.days})


def _changes(session: Session, people: Collection[int], *, since: datetime) -> list[_Change]:
    rows = session.execute(
        select(AccessChange.user_id, AccessChange.by_id, AccessChange.kind, AccessChange.at).where(
            AccessChange.at > since,
            or_(AccessChange.user_id.in_(people), AccessChange.by_id.in_(people)),
        )
    )
    return [_Change(**row._mapping) for row in rows]


def _of_new_offices(session: Session, people: Collection[int], *, since: datetime) -> set[int]:
    rows = session.scalars(
        select(User.id)
        .join(Office, Office.id == User.office_id)
        .where(User.id.in_(people), Office.added_at > since)
    )
    return set(rows)


def _names(
    session: Session, changes: Collection[_Change], people: Collection[int]
) -> dict[int, str]:
    ids = {*people, *(each.user_id for each in changes), *(each.by_id for each in changes)}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}
