"""Workers named in a pasted or uploaded table, by NIK or KPJ, as far as a user may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.messages import Message
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.sheets.cells import date_in
from agentsys.sheets.tables import TableRow
from agentsys.workers.models import Worker
from agentsys.workers.nik import NikRefused, normalise, parse

NIK_TITLES = ("NIK", "NONIK", "NOMORNIK", "NOKTP", "NOMORKTP", "KTP")
KPJ_TITLES = ("KPJ", "NOMORKPJ", "NOKPJ", "NOPESERTA", "NOMORPESERTA")


class Found(StrEnum):
    """Whether a line names one worker."""

    ONE = "one"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    OWN = "own"  # the user would decide about a worker of his or her own


SENTENCES = {
    Found.UNREADABLE: "NIK atau KPJ tidak terbaca. Periksa lagi angkanya.",
    Found.UNKNOWN: "Tidak ada pekerja Anda dengan nomor itu. Periksa lagi NIK atau KPJ-nya.",
    Found.SEVERAL: "Beberapa pekerja memakai KPJ itu. Tulis NIK-nya.",
    Found.OWN: "Pekerja ini tanggungan Anda sendiri sebagai agen. Minta orang lain mencatatnya.",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line with the worker whom it names; the sentence says why it names none."""

    row: TableRow
    found: Found
    worker_id: int = 0

    @property
    def sentence(self) -> Message:
        """Why the line names no worker."""
        return Message(text=SENTENCES[self.found])


def name_workers(
    session: Session, rows: Sequence[TableRow], *, vault: Vault, user: User, to: Permission
) -> list[Line]:
    """The workers of the lines that have a NIK or KPJ, for whom the user holds the permission.

    A NIK counts more than a KPJ in the same line. Lines without either are left out.
    """
    given = [row for row in rows if row["nik"] or row["kpj"]]
    niks = {row.number: _index(row, vault) for row in given if row["nik"]}
    kpjs = {row.number: normalise(row["kpj"]) for row in given if not row["nik"]}
    workers = session.execute(
        select(Worker.id, Worker.nik_index, Worker.kpj, Worker.agent_id).where(
            scope.of_agent(user, Worker.agent_id, Worker.office_id, to=to),
            Worker.nik_index.in_({index for index in niks.values() if index})
            | Worker.kpj.in_({kpj for kpj in kpjs.values() if kpj}),
        )
    ).all()
    by_key: dict[bytes | str, list[tuple[int, int | None]]] = {}
    for worker in workers:
        by_key.setdefault(worker.nik_index, []).append((worker.id, worker.agent_id))
        by_key.setdefault(worker.kpj, []).append((worker.id, worker.agent_id))
    own = session.scalar(select(Agent.id).where(Agent.user_id == user.id))
    lines = []
    for row in given:
        key = niks[row.number] if row.number in niks else kpjs[row.number]
        lines.append(_line(row, key, by_key.get(key or b"", []), own))
    return lines


def month_in(text: str) -> date | None:
    """A month as people write it: `2026-07`, `07/2026`, `Juli 2026`, or any day in it."""
    for written in (text, f"{text}-01", f"1-{text}"):
        found, _serial = date_in(written)
        if found is not None:
            return found.replace(day=1)
    return None


def _index(row: TableRow, vault: Vault) -> bytes | None:
    try:
        return vault.index(parse(row["nik"]).text)
    except NikRefused:
        return None


def _line(
    row: TableRow,
    key: bytes | str | None,
    workers: Sequence[tuple[int, int | None]],
    own: int | None,
) -> Line:
    if not key:
        return Line(row=row, found=Found.UNREADABLE)
    if len(workers) != 1:
        return Line(row=row, found=Found.SEVERAL if workers else Found.UNKNOWN)
    worker_id, agent_id = workers[0]
    if own is not None and agent_id == own:
        return Line(row=row, found=Found.OWN)
    return Line(row=row, found=Found.ONE, worker_id=worker_id)
