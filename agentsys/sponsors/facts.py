"""Lists of facts about workers: read, looked at, then applied or dropped."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.fact_models import FactList, WorkerFact
from agentsys.agreements.kinds import Certainty, FactListState
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.many import among, insert_all
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sponsors import fact_reading
from agentsys.sponsors.fact_reading import Read
from agentsys.workers.models import Worker

_SHOWN = 50  # problems that are kept


def upload(
    session: Session,
    *,
    vault: Vault,
    office_id: int,
    content: bytes,
    filename: str,
    source: str,
    version: str,
    data_on: date,
    certainty: Certainty,
    actor_id: int,
) -> int:
    """Read a list, and store the facts of the office's workers, which do not count yet; its id.

    Nothing is stored of people who are not workers of the office. Invalid or FileRefused says what
    is wrong with the file.
    """
    actor = _entitled(session, actor_id, office_id)
    source, version = _named(source, version, data_on)
    read = fact_reading.read(content, vault=vault)
    of_office = _workers(session, office_id, read)
    made = FactList(
        office_id=office_id,
        source=source,
        version=version,
        data_on=data_on,
        certainty=certainty,
        filename=filename[:120],
        rows=len(read.rows) + len(read.problems),
        matched=len(of_office),
        unmatched=len(read.rows) - len(of_office),
        refused=len(read.problems),
        problems=[{"row": each.number, "why": each.why} for each in read.problems[:_SHOWN]],
        made_by=actor.id,
    )
    session.add(made)
    session.flush()
    facts = [
        {"list_id": made.id, "worker_id": worker_id, "kind": kind, "value": value}
        for index, worker_id in of_office.items()
        for kind, value in read.rows[index].facts.items()
    ]
    if facts:
        session.execute(insert_all(WorkerFact, facts))
    _tell(session, made, "uploaded", actor.id)
    return made.id


def apply(session: Session, *, list_id: int, actor_id: int) -> None:
    """Let a list's facts count; nobody's sponsor changes by that alone."""
    found = _decided(session, list_id, FactListState.APPLIED, actor_id)
    _tell(session, found, "applied", actor_id)


def drop(session: Session, *, list_id: int, actor_id: int) -> None:
    """Give a list up, and delete its facts."""
    found = _decided(session, list_id, FactListState.DROPPED, actor_id)
    session.execute(delete(WorkerFact).where(WorkerFact.list_id == list_id))
    _tell(session, found, "dropped", actor_id)


def _named(source: str, version: str, data_on: date) -> tuple[str, str]:
    """The plain texts of a list's source and version; Invalid if they or the day cannot be."""
    plain = [" ".join(text.replace("\0", "").split()) for text in (source, version)]
    if not all(plain):
        raise Invalid("Tulis sumber datanya dan versinya.", about="source")
    if data_on > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggal datanya belum tiba.", about="data_on")
    return plain[0][:80], plain[1][:40]


def _workers(session: Session, office_id: int, read: Read) -> dict[bytes, int]:
    """The office's workers whom a list names, by the index of the NIK."""
    rows = session.execute(
        select(Worker.nik_index, Worker.id).where(
            among(Worker.nik_index, list(read.rows)),
            Worker.office_id == office_id,
            Worker.merged_into.is_(None),
            Worker.erased_at.is_(None),
        )
    )
    return {bytes(row.nik_index): row.id for row in rows}


def _decided(session: Session, list_id: int, state: FactListState, actor_id: int) -> FactList:
    found = session.get(FactList, list_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    actor = _entitled(session, actor_id, found.office_id)
    if found.state is not FactListState.CHECKED:
        raise Conflict("Daftar ini sudah diputuskan. Muat ulang halamannya.")
    with session.no_autoflush:
        found.state, found.decided_by, found.decided_at = state, actor.id, clock.now()
    session.flush()
    return found


def _entitled(session: Session, actor_id: int, office_id: int) -> User:
    actor = session.get_one(User, actor_id)
    if actor.office_id not in (office_id, None):
        raise NotFound()
    if not actor.can(Permission.SPONSOR_RECORD):
        raise Forbidden()
    return actor


def _tell(session: Session, found: FactList, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"fact_list.{what}",
        subject=f"fact_list:{found.id}",
        details={
            "source": found.source,
            "version": found.version,
            "rows": found.rows,
            "matched": found.matched,
        },
    )
