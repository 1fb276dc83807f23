"""Earlier months of many workers, from a pasted or uploaded table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from agentsys.contributions.earlier_models import EarlierKind
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, Refused
from agentsys.memberships import earlier
from agentsys.messages import Message
from agentsys.months import add_months
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sheets.tables import Shape, read_table
from agentsys.workers.pasted import KPJ_TITLES, NIK_TITLES, Found, Line, month_in, name_workers

SHAPE = Shape(
    titles={
        "nik": NIK_TITLES,
        "kpj": KPJ_TITLES,
        "first": ("DARIBULAN", "DARI", "BULANPERTAMA", "MULAI", "MULAIBULAN", "BULAN"),
        "last": ("SAMPAIBULAN", "SAMPAI", "BULANTERAKHIR", "SD", "HINGGA"),
        "evidence": ("BUKTI", "NOBUKTI", "NOMORBUKTI", "KETERANGAN", "SUMBER"),
    },
    needed=(("nik", "kpj"), ("first",), ("evidence",)),
    told="NIK (atau KPJ), DARI BULAN, SAMPAI BULAN, BUKTI",
    mark=r"\b(NIK|KPJ|KTP|PESERTA)\b",
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One line: proposed, or why not."""

    number: int
    proposed: bool
    sentence: Message


_PROPOSED = Message(text="Dicatat, menunggu orang kedua.")


def propose_pasted(
    session: Session, given: str | bytes, *, kind: EarlierKind, vault: Vault, actor: User
) -> list[Outcome]:
    """Record the months of each line as `earlier.propose` does; a refused line stops no other."""
    if not actor.can(Permission.EARLIER_RECORD):
        raise Forbidden(permission=Permission.EARLIER_RECORD.value)
    lines = name_workers(
        session, read_table(given, SHAPE), vault=vault, user=actor, to=Permission.EARLIER_RECORD
    )
    if not lines:
        raise Invalid("Tidak ada baris dengan NIK atau KPJ di bawah judul kolom.")
    # Workers are locked one after the other: in one order, so that two lists cannot deadlock.
    in_order = sorted(lines, key=lambda line: (line.worker_id, line.row.number))
    outcomes = [_one(session, line, kind, actor) for line in in_order]
    return sorted(outcomes, key=lambda outcome: outcome.number)


def refused(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The lines that were not recorded."""
    return [outcome for outcome in outcomes if not outcome.proposed]


def _one(session: Session, line: Line, kind: EarlierKind, actor: User) -> Outcome:
    number = line.row.number
    if line.found is not Found.ONE:
        return Outcome(number=number, proposed=False, sentence=line.sentence)
    first = month_in(line.row["first"])
    last = month_in(line.row["last"]) if line.row["last"] else first
    if first is None or last is None:
        text = "Bulan tidak terbaca. Tulis seperti 2026-11."
        return Outcome(number=number, proposed=False, sentence=Message(text=text))
    try:
        with session.begin_nested():
            earlier.propose(
                session,
                worker_id=line.worker_id,
                from_month=first,
                until_month=add_months(last, 1),
                kind=kind,
                evidence=line.row["evidence"],
                actor=actor,
            )
    except Refused as refused_:
        return Outcome(number=number, proposed=False, sentence=refused_.message)
    return Outcome(number=number, proposed=True, sentence=_PROPOSED)
