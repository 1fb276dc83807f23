"""What agreements ask of their workers, who does not meet it any more, and the end for those.

By the newest applied facts. A doubtful fact proves nothing: it counts as no fact. Nobody leaves by
himself: a person gives those who lost it an ending month, which is announced before it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.fact_models import Criterion, FactList, WorkerFact
from agentsys.agreements.kinds import Certainty, FactKind, FactListState, LeaveReason
from agentsys.agreements.models import Agreement, AgreementMember
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people.permissions import Permission
from agentsys.sponsors import members, payers
from agentsys.sponsors.fact_reading import NO, YES, meaning
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One criterion of an agreement."""

    kind: FactKind
    wanted: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How many of the workers whom an agreement names meet its criteria."""

    met: int
    lost: int  # a fact says that they do not
    unknown: int  # no fact says so, and at least one is missing


@dataclass(frozen=True, kw_only=True)
class LostRow:
    """A worker who does not meet the criteria, with the facts that are asked for."""

    worker_id: int
    name: str
    kelurahan: str
    decile: str | None
    poor: str | None
    occupation: str | None


def criteria(session: Session, agreement_id: int) -> Sequence[Asked]:
    """What an agreement asks."""
    rows = session.execute(
        select(Criterion.kind, Criterion.wanted)
        .where(Criterion.agreement_id == agreement_id)
        .order_by(Criterion.kind)
    )
    return [Asked(kind=row.kind, wanted=row.wanted) for row in rows]


def set_criterion(
    session: Session, *, agreement_id: int, kind: FactKind, wanted: str, actor_id: int
) -> None:
    """Ask for a fact: a highest decile, being on a list of the poor, or classes of work.

    An empty `wanted` asks for it no more. Nobody leaves the agreement by that.
    """
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    found = session.get(Criterion, (agreement.id, kind))
    before, wanted = found.wanted if found else "", _wanted(kind, wanted)
    if before == wanted:
        return
    if found is not None:
        session.delete(found)
        session.flush()
    if wanted:
        made = Criterion(agreement_id=agreement.id, kind=kind, wanted=wanted, made_by=actor.id)
        session.add(made)
    session.flush()
    _tell(session, agreement, "criterion_set", actor.id, kind=kind, wanted=wanted, before=before)


def standing(session: Session, agreement_id: int) -> Standing:
    """How many meet the criteria, do not, or are not known."""
    asked = criteria(session, agreement_id)
    people = _people(agreement_id, asked).subquery()
    row = session.execute(
        select(
            func.count().filter(people.c.standing == "met").label("met"),
            func.count().filter(people.c.standing == "lost").label("lost"),
            func.count().filter(people.c.standing == "unknown").label("unknown"),
        ).select_from(people)
    ).one()
    return Standing(met=row.met, lost=row.lost, unknown=row.unknown)


def lost(session: Session, agreement_id: int, asked: ListRequest) -> Page[LostRow]:
    """The workers whom an agreement names and who do not meet its criteria."""
    people = _people(agreement_id, criteria(session, agreement_id)).subquery()
    listing = Listing(
        id=Worker.id,
        sorts={"name": Sort(Worker.name), "kelurahan": Sort(Worker.kelurahan)},
        search=lambda words: matches(words, Worker.name, Worker.kelurahan),
    )
    query = (
        select(
            Worker.id.label("worker_id"),
            Worker.name,
            Worker.kelurahan,
            people.c.decile,
            people.c.poor,
            people.c.occupation,
        )
        .join(people, people.c.worker_id == Worker.id)
        .where(people.c.standing == "lost")
    )
    return listing.page(session, query, asked).map(lambda row: row_as(LostRow, row))


def end_lost(
    session: Session, *, agreement_id: int, month: date, note: str, shown: int, actor_id: int
) -> int:
    """Announce to those who lost it that the sponsor pays until the month before; how many.

    `month` is a later one than this, so that agents can tell them. Conflict if they are not as
    many as the user saw (`shown`). Who is ending already is not counted again.
    """
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis dasarnya, misalnya nomor surat dinas sosial.", about="note")
    if month.day != 1 or not clock.this_month() < month < agreement.until_month:
        raise Invalid("Pilih bulan sesudah bulan ini, di dalam masa perjanjian.", about="month")
    people = _people(agreement_id, criteria(session, agreement_id)).subquery()
    ids = session.scalars(
        select(people.c.worker_id).where(people.c.standing == "lost").order_by(people.c.worker_id)
    ).all()
    if len(ids) != shown:
        raise Conflict("Yang tidak memenuhi syarat sekarang {people} orang. Periksa lagi.",
                       people=len(ids))  # fmt: skip
    if not ids:
        raise Conflict("Tidak ada yang kehilangan syarat. Muat ulang halamannya.")
    members.leave(
        session,
        agreement_id=agreement_id,
        worker_ids=ids,
        month=month,
        why=LeaveReason.NOT_ELIGIBLE,
        note=note,
    )
    payers.settle(session, worker_ids=ids, since=month, actor_id=actor.id)
    _tell(session, agreement, "ineligible_ended", actor.id, month=month, people=len(ids), note=note)
    return len(ids)


def _wanted(kind: FactKind, given: str) -> str:
    if not given.strip():
        return ""
    if kind is not FactKind.OCCUPATION:
        wanted = meaning(kind, given)
        if wanted == NO:
            raise Invalid("Syarat daftar miskin hanya YA, atau kosong.", about="poor")
        return wanted
    classes = sorted({meaning(kind, each) for each in given.split(",") if each.strip()})
    if not classes or len(joined := ",".join(classes)) > 200:
        raise Invalid("Kelas pekerjaan paling panjang 200 huruf bersama-sama.", about="occupation")
    return joined


def _people(agreement_id: int, asked: Sequence[Asked]) -> Select[Any]:
    """The workers whom an agreement names and who are not leaving, their facts and standing."""
    wanted = {each.kind: each.wanted for each in asked}
    query: Any = select(AgreementMember.worker_id)
    values: dict[FactKind, Any] = {}
    for kind in FactKind:
        newest = _newest(agreement_id, kind).subquery()
        values[kind] = newest.c.value
        query = query.outerjoin(newest, newest.c.worker_id == AgreementMember.worker_id)
        query = query.add_columns(newest.c.value.label(kind.value))
    fails = [~_meets(kind, values[kind], wanted[kind]) for kind in wanted]
    missing = [values[kind].is_(None) for kind in wanted]
    state = case(
        (or_(literal(False), *[and_(~gap, fail) for gap, fail in zip(missing, fails, strict=True)]),
         "lost"),
        (or_(literal(False), *missing), "unknown"),
        else_="met",
    )  # fmt: skip
    found: Select[Any] = query.add_columns(state.label("standing")).where(
        AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None)
    )
    return found


def _meets(kind: FactKind, value: Any, wanted: str) -> Any:
    if kind is FactKind.DECILE:
        return cast(value, Integer) <= int(wanted)
    if kind is FactKind.POOR:
        return value == YES
    return value.in_(wanted.split(","))


def _newest(agreement_id: int, kind: FactKind) -> Select[Any]:
    """The newest fact of a kind of each worker whom an agreement names, by the day of the data."""
    newest: Any = (
        select(WorkerFact.worker_id, WorkerFact.value)
        .ext(distinct_on(WorkerFact.worker_id))
        .join(FactList, FactList.id == WorkerFact.list_id)
        .join(AgreementMember, AgreementMember.worker_id == WorkerFact.worker_id)
        .where(
            AgreementMember.agreement_id == agreement_id,
            AgreementMember.until_month.is_(None),
            WorkerFact.kind == kind,
            FactList.state == FactListState.APPLIED,
            FactList.certainty != Certainty.DOUBTFUL,
        )
        .order_by(WorkerFact.worker_id, FactList.data_on.desc(), FactList.id.desc())
    )
    found: Select[Any] = newest
    return found


def _tell(
    session: Session, agreement: Agreement, what: str, actor_id: int, **details: object
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"agreement.{what}",
        subject=f"agreement:{agreement.id}",
        details={"number": agreement.number, **details},
    )
