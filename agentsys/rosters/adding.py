"""Storing the new workers of a batch, with all that begins with them.

The ids are drawn before, so no statement has to find the new workers again: the database has not
counted the rows of a transaction that is not committed, and would read all of them for each batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.rosters import agents, grouping
from agentsys.rosters.copying import NOTHING, copy_rows
from agentsys.rosters.grouping import Whole
from agentsys.rosters.heirs import store_heirs
from agentsys.rosters.people import COLUMNS, Entry
from agentsys.rosters.places import Place
from agentsys.workers.models import Funding, Programmes

# BPJS' lowest base for JKK and JHT: the assumed income if none was given.
LOWEST_INCOME_IDR = 1_000_000
_IDS = text("SELECT nextval('workers_id_seq') FROM generate_series(1, :count)")
_WORKERS = f"""
COPY workers (id, {COLUMNS}, income_idr, ecosystem, group_id, registration, registered_how,
    new_to_bpu, office_id, agent_id, roster_id, created_at, updated_at) FROM STDIN
"""
_ENROLMENTS = "COPY enrolments (worker_id, from_month, programmes, funding) FROM STDIN"
_ASSIGNMENTS = "COPY assignments (worker_id, from_month, agent_id) FROM STDIN"
_NAMED = "COPY version_people (version_id, worker_id) FROM STDIN"


class _Target(Protocol):
    @property
    def roster_id(self) -> int: ...
    @property
    def office_id(self) -> int: ...
    @property
    def agent_id(self) -> int | None: ...
    @property
    def by_kelurahan(self) -> bool: ...
    @property
    def programmes(self) -> Programmes: ...
    @property
    def funding(self) -> Funding: ...
    @property
    def from_month(self) -> date: ...
    @property
    def version_id(self) -> int | None: ...
    @property
    def heirs_by(self) -> int | None: ...
    @property
    def whole(self) -> Whole: ...
    @property
    def actor_id(self) -> int | None: ...


def add(session: Session, target: _Target, entries: Sequence[Entry], *, now: datetime) -> int:
    """Store new workers; the highest of their ids, which are above those of all workers before.

    They become members at once, except those of a sponsor's list: these are only named, and become
    members when the list's version is applied (`sponsors.versions`).
    """
    ids: Sequence[int] = session.scalars(_IDS, {"count": len(entries)}).all()
    agent = agents.chooser(session, target)
    theirs = [agent(entry.line) for entry in entries]
    places = grouping.cells(session, entries, target)
    cells = _cells(target, entries, places, now)
    rows = zip(ids, cells, theirs, strict=True)
    copy_rows(session, _WORKERS, (f"{number}\t{of.join(parts)}" for number, parts, of in rows))
    month = target.from_month.isoformat()
    if target.version_id is None:
        rest = f"\t{month}\t{target.programmes.value}\t{target.funding.value}\n"
        copy_rows(session, _ENROLMENTS, (f"{worker_id}{rest}" for worker_id in ids))
    else:
        copy_rows(session, _NAMED, (f"{target.version_id}\t{worker_id}\n" for worker_id in ids))
    assigned = [pair for pair in zip(ids, theirs, strict=True) if pair[1] != NOTHING]
    if assigned:
        copy_rows(session, _ASSIGNMENTS, (f"{each}\t{month}\t{of}\n" for each, of in assigned))
    if target.heirs_by is not None:
        store_heirs(session, zip(ids, entries, strict=True), by=target.heirs_by, now=now)
    return ids[-1]


def _cells(
    target: _Target, entries: Sequence[Entry], places: Mapping[Place, str], now: datetime
) -> Iterator[tuple[str, str]]:
    """The cells of each worker before and after the one of the agent."""
    at = now.isoformat()
    rest = f"\t{target.roster_id}\t{at}\t{at}\n"
    waiting = f"waiting\t{NOTHING}\tunknown\t{target.office_id}\t"
    registered = f"registered\tlist\tunknown\t{target.office_id}\t"
    for entry in entries:
        income = entry.income_idr or LOWEST_INCOME_IDR
        state = registered if entry.has_kpj else waiting
        yield f"{entry.line}\t{income}\t{places[entry.place]}\t{state}", rest
