"""BPJS' answers to registrations, from a pasted or uploaded table: KPJ, or why it was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, Refused
from agentsys.memberships import registering
from agentsys.messages import Message
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sheets.cells import date_in
from agentsys.sheets.tables import Shape, TableRow, read_table, word
from agentsys.workers.kinds import RegisteredHow
from agentsys.workers.pasted import KPJ_TITLES, NIK_TITLES, Found, Line, name_workers

SHAPE = Shape(
    titles={
        "nik": NIK_TITLES,
        "kpj": KPJ_TITLES,
        "status": ("STATUS", "STATUSPENDAFTARAN", "HASIL", "STATUSBPJS"),
        "reason": ("ALASAN", "KETERANGAN", "CATATAN", "PESAN"),
        "on": ("TANGGAL", "TGL", "TANGGALDAFTAR", "TGLDAFTAR", "TANGGALTERDAFTAR"),
    },
    needed=(("nik",), ("kpj", "status")),
    told="NIK, KPJ, STATUS, KETERANGAN",
    mark=r"\b(NIK|KTP)\b",
)
_DONE = {"TERDAFTAR", "BERHASIL", "SUKSES", "AKTIF", "OK", "SELESAI", "SUDAHTERDAFTAR"}
_REFUSED = {"DITOLAK", "TOLAK", "GAGAL", "TIDAKVALID", "TIDAKSESUAI", "REJECT", "REJECTED"}
_WAITS = {"PROSES", "DIPROSES", "MENUNGGU", "PENDING", "BELUM", "BELUMTERDAFTAR"}


class Verdict(StrEnum):
    """The outcome of one line."""

    REGISTERED = "registered"
    REFUSED = "refused"  # by BPJS; the agent corrects the data
    WAITS = "waits"  # BPJS has not decided; nothing changed
    PROBLEM = "problem"  # nothing changed; the sentence says why


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One line with what it did."""

    number: int
    verdict: Verdict
    sentence: Message


_SENTENCES = {
    Verdict.REGISTERED: "KPJ dicatat.",
    Verdict.REFUSED: "Penolakan dicatat; agennya diberi tahu.",
    Verdict.WAITS: "Masih diproses BPJS; tidak ada yang berubah.",
}
_NO_KPJ = "Status terdaftar, tetapi KPJ kosong. Tulis KPJ-nya."
_UNREADABLE = (
    "Status tidak dikenal. Tulis TERDAFTAR dengan KPJ, DITOLAK dengan alasan, atau PROSES."
)


def record_pasted(
    session: Session, given: str | bytes, *, vault: Vault, actor: User
) -> list[Outcome]:
    """Record what BPJS answered about each worker; a line with a problem stops no other."""
    if not actor.can(Permission.REGISTRATION_RECORD):
        raise Forbidden(permission=Permission.REGISTRATION_RECORD.value)
    rows = [_by_nik(row) for row in read_table(given, SHAPE)]
    lines = name_workers(session, rows, vault=vault, user=actor, to=Permission.REGISTRATION_RECORD)
    if not lines:
        raise Invalid("Tidak ada baris dengan NIK di bawah judul kolom.")
    # Workers are locked one after the other: in one order, so that two lists cannot deadlock.
    in_order = sorted(lines, key=lambda line: (line.worker_id, line.row.number))
    outcomes = [_one(session, line, actor) for line in in_order]
    return sorted(outcomes, key=lambda outcome: outcome.number)


def problems(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The lines that changed nothing and need a look."""
    return [outcome for outcome in outcomes if outcome.verdict is Verdict.PROBLEM]


def _by_nik(row: TableRow) -> TableRow:
    # A worker who waits has no KPJ yet: the one in the line is the answer, and names nobody.
    return row if row["nik"] else TableRow(row.number, {})


def _one(session: Session, line: Line, actor: User) -> Outcome:
    number, row = line.row.number, line.row
    if line.found not in (Found.ONE, Found.OWN):
        return Outcome(number=number, verdict=Verdict.PROBLEM, sentence=line.sentence)
    verdict, problem = _verdict(row)
    if problem:
        return Outcome(number=number, verdict=verdict, sentence=Message(text=problem))
    try:
        with session.begin_nested():
            if verdict is Verdict.REGISTERED:
                registering.register(
                    session,
                    worker_id=line.worker_id,
                    kpj=row["kpj"],
                    on=_day(row),
                    how=RegisteredHow.LIST,
                    actor_id=actor.id,
                )
            elif verdict is Verdict.REFUSED:
                registering.refuse(
                    session,
                    worker_id=line.worker_id,
                    reason=row["reason"] or row["status"],
                    actor_id=actor.id,
                )
    except Refused as refused:
        return Outcome(number=number, verdict=Verdict.PROBLEM, sentence=refused.message)
    return Outcome(number=number, verdict=verdict, sentence=Message(text=_SENTENCES[verdict]))


def _verdict(row: TableRow) -> tuple[Verdict, str]:
    """What the line says, or what is wrong with it."""
    status = word(row["status"])
    if status in _REFUSED:
        return Verdict.REFUSED, ""
    if status in _WAITS:
        return Verdict.WAITS, ""
    if status in _DONE or (not status and row["kpj"]):
        return (Verdict.REGISTERED, "") if row["kpj"] else (Verdict.PROBLEM, _NO_KPJ)
    return Verdict.PROBLEM, _UNREADABLE


def _day(row: TableRow) -> date:
    found, _serial = date_in(row["on"])
    return found or clock.now().date()
