"""Tariff tables: one person proposes, a second one releases; a released table is never edited."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.closing.models import MonthClosing
from agentsys.contributions import released_tariffs, tariff
from agentsys.contributions.tariff_models import (
    LONGEST_SOURCE,
    TariffKind,
    TariffState,
    TariffTable,
)
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.months import add_months
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission
from agentsys.tariffs import effects
from agentsys.tariffs.effects import Effect
from agentsys.tariffs.reading import Table

MONTHS_AHEAD = 36  # in which a table may begin
LONGEST_REASON = 200


class TariffAction(StrEnum):
    """What the second person does with a proposed table, or who proposed it."""

    RELEASE = "release"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = TariffState, TariffAction
TARIFF_TRANSITIONS = {
    (_S.PROPOSED, _A.RELEASE): Transition(_S.RELEASED, by=Permission.TARIFF_RELEASE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.TARIFF_RELEASE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.TARIFF_PROPOSE),
}


def may_propose(session: Session, actor: User) -> bool:
    """Whether a user may propose tables, which count for all offices: not who has one of many."""
    if not actor.can(Permission.TARIFF_PROPOSE):
        return False
    open_offices = select(func.count()).select_from(Office).where(Office.closed_at.is_(None))
    return actor.sees_all_offices or session.scalar(open_offices) == 1


def propose(session: Session, *, table: Table, source: str, actor_id: int) -> TariffTable:
    """Propose a table; Refused for a closed month, or if the same one waits or counts."""
    actor = _actor(session, actor_id)
    if not may_propose(session, actor):
        raise Forbidden(permission=Permission.TARIFF_PROPOSE.value)
    source = " ".join(source.replace("\0", "").split())[:LONGEST_SOURCE]
    if not source:
        raise Invalid("Isi sumber: di mana tabel ini dibaca.", about="source")
    released_tariffs.lock(session)
    _check_months(session, table.valid_from)
    _check_alone(session, table)
    found = TariffTable(
        kind=table.kind,
        instrument=table.instrument,
        valid_from=table.valid_from,
        valid_until=table.valid_until,
        certainty=table.certainty,
        source=source,
        rows=table.rows,
        digest=table.digest,
        proposed_by=actor.id,
    )
    session.add(found)
    session.flush()
    _record(session, found, actor, {"rows": len(table.rows)})
    return found


def preview_of(session: Session, user: User, tariff_id: int) -> Effect:
    """What the release of a proposed table would change now; NotFound if there is none.

    It names people of the user's offices only.
    """
    found = session.get(TariffTable, tariff_id)
    if found is None:
        raise NotFound()
    released_tariffs.refresh(session)
    before = tariff.official()
    return effects.effect(
        session,
        before=before,
        after=released_tariffs.with_table(before, found),
        first=found.valid_from,
        last=_last(session, found),
        named_office_id=None if user.sees_all_offices else user.office_id or 0,
    )


def decide_table(
    session: Session,
    *,
    tariff_id: int,
    action: TariffAction,
    actor_id: int,
    seen: str = "",
    reason: str = "",
) -> TariffTable:
    """Release a table as a second person, or refuse it; who proposed it can withdraw it.

    `seen` is the version of the tariff that the preview was made with: Conflict if another table
    was released since. Billed months that nobody has paid get their new price.
    """
    actor = _actor(session, actor_id)
    released_tariffs.lock(session)
    found = session.get(TariffTable, tariff_id, with_for_update=True, populate_existing=True)
    if found is None or (action is _A.WITHDRAW and found.proposed_by != actor.id):
        raise NotFound()
    to = decide(TARIFF_TRANSITIONS, found.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    details: dict[str, Any] = {}
    if to is not _S.WITHDRAWN:
        if actor.id == found.proposed_by:
            raise Forbidden("Tabel iuran diputuskan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[found.proposed_by])
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pengusul tahu apa yang diperbaiki.")
    if to is _S.RELEASED:
        details = _release(session, found, seen)
    found.reason = reason if to is _S.REFUSED else ""
    found.effect = details
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, found, actor, details | ({"reason": reason} if reason else {}))
    return found


def _release(session: Session, found: TariffTable, seen: str) -> dict[str, Any]:
    """Reprice the open months that the table covers; returns the figures to store with it."""
    if seen != tariff.version():
        raise Conflict(
            "Tabel iuran lain dirilis sejak pratinjau ini dibuka. Baca pratinjau yang baru, lalu"
            " putuskan lagi."
        )
    _check_months(session, found.valid_from)
    before = tariff.official()
    after = released_tariffs.with_table(before, found)
    last = _last(session, found)
    shown = effects.effect(session, before=before, after=after, first=found.valid_from, last=last)
    repriced = effects.reprice(
        session, before=before, after=after, first=found.valid_from, last=last
    )
    return {
        "workers": shown.workers,
        "repriced": repriced,
        "open_idr": shown.open_idr,
        "kept": shown.said,
        "paid": shown.paid,
        "paid_idr": shown.paid_idr,
    }


def _last(session: Session, found: TariffTable) -> date | None:
    """The last month that a table can change: its own, or that of the one that it replaces."""
    if found.valid_until is None:
        return None
    replaced = session.execute(
        select(TariffTable.valid_until).where(
            TariffTable.kind == found.kind,
            TariffTable.valid_from == found.valid_from,
            TariffTable.state == _S.RELEASED,
        )
    ).scalars()
    known = [found.valid_until, *replaced, *_packaged_until(found)]
    return None if None in known else max(until for until in known if until is not None)


def _packaged_until(found: TariffTable) -> list[date | None]:
    tables = tariff.packaged()
    rows = (
        [each.validity for each in tables.discounts]
        if found.kind is TariffKind.DISCOUNT
        else [each.validity for each in tables.rates[found.kind.value.upper()]]
    )
    return [row.last for row in rows if row.first == found.valid_from]


def _check_months(session: Session, valid_from: date) -> None:
    closed = session.scalar(
        select(func.max(MonthClosing.month)).where(MonthClosing.reopened_at.is_(None))
    )
    if closed is not None and valid_from <= closed:
        raise Refused(
            "Bulan {closed_month} sudah ditutup, jadi tabel iuran tidak dapat berlaku mulai"
            " {from_month}. Pilih bulan sesudah yang ditutup.",
            closed_month=closed,
            from_month=valid_from,
        )
    first = min(rates.validity.first for each in tariff.packaged().rates.values() for rates in each)
    last = add_months(clock.this_month(), MONTHS_AHEAD)
    if not first <= valid_from <= last:
        raise Invalid(
            "Pilih valid_from dari {first_month} sampai {last_month}.",
            first_month=first,
            last_month=last,
        )


def _check_alone(session: Session, table: Table) -> None:
    same = select(TariffTable).where(
        TariffTable.kind == table.kind, TariffTable.valid_from == table.valid_from
    )
    if session.scalar(same.where(TariffTable.state == _S.PROPOSED)) is not None:
        raise Conflict(
            "Tabel lain untuk bulan {month} sudah diusulkan dan menunggu orang kedua. Tunggu sampai"
            " diputuskan, atau pilih bulan lain.",
            month=table.valid_from,
        )
    newest = session.scalar(
        same.where(TariffTable.state == _S.RELEASED)
        .order_by(TariffTable.decided_at.desc(), TariffTable.id.desc())
        .limit(1)
    )
    if newest is not None and newest.digest == table.digest:
        raise Conflict("Tabel yang sama persis sudah berlaku. Tidak ada yang perlu diusulkan.")


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, found: TariffTable, actor: User, details: dict[str, Any]) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"tariff.{found.state.value}",
        subject=f"tariff:{found.id}",
        details={
            "kind": found.kind.value,
            "instrument": found.instrument,
            "valid_from": f"{found.valid_from:%Y-%m}",
            "valid_until": f"{found.valid_until:%Y-%m}" if found.valid_until else "",
            **details,
        },
    )
