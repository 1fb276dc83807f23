"""The bank's results of a batch as a list: one line for each transfer, by its reference."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.errors import Invalid
from agentsys.messages import Message
from agentsys.money import rupiah
from agentsys.payouts.models import LineState, PayoutLine
from agentsys.payouts.results import LINE_RESULTS, Result, record_result

SHOWN = 20  # lines that are wrong
# Words of banks for the end of a transfer, compared without case.
WORDS: Mapping[str, LineState] = {
    "SUKSES": LineState.SUCCEEDED,
    "BERHASIL": LineState.SUCCEEDED,
    "SUCCESS": LineState.SUCCEEDED,
    "COMPLETED": LineState.SUCCEEDED,
    "GAGAL": LineState.FAILED,
    "DITOLAK": LineState.FAILED,
    "FAILED": LineState.FAILED,
    "REJECTED": LineState.FAILED,
    "RETUR": LineState.RETURNED,
    "DIKEMBALIKAN": LineState.RETURNED,
    "RETURNED": LineState.RETURNED,
}
_MISSING = "belum lengkap: tulis referensi, jumlah, dan status"
_AMOUNT = "jumlahnya tidak terbaca"
_WORD = "statusnya tidak dikenal; tulis SUKSES, GAGAL, atau RETUR"
_TWICE = "referensinya tertulis dua kali"
_UNKNOWN = "referensinya tidak ada di pembayaran ini"
_OTHER = "jumlahnya lain dari yang dikirim"
_ENDED = "pembayarannya sudah berakhir dengan hasil lain"
_REASON = "alasannya kosong; isi kolom kelima"


class WrongList(Invalid):
    """Lines of a list of results cannot be used; nothing of the list was recorded."""

    text = "Ada baris yang belum benar, jadi tidak ada yang dicatat. Perbaiki, lalu kirim lagi."

    def __init__(self, wrong: Sequence[WrongLine]) -> None:
        """Keep which lines, and why."""
        super().__init__()
        self.wrong = wrong


@dataclass(frozen=True, kw_only=True)
class WrongLine:
    """A line that cannot be used, and why."""

    number: int
    why: Message


@dataclass(frozen=True, kw_only=True)
class _Row:
    number: int
    key: str
    amount_idr: int
    result: Result


def record_list(session: Session, *, batch_id: int, text: str, actor_id: int) -> int:
    """Record a list of results of one batch; return how many were new.

    Each line is `reference; amount; status; bank's reference; reason`, with semicolons or tabs.
    All lines are recorded or, with a wrong one, none: WrongList names them. The same list again
    changes nothing.
    """
    rows, wrong = _read(text)
    lines = {
        line.key: line
        for line in session.scalars(
            select(PayoutLine).where(
                PayoutLine.batch_id == batch_id, PayoutLine.key.in_([row.key for row in rows])
            )
        )
    }
    for row in rows:
        why = _why_not(row, lines.get(row.key))
        if why is not None:
            wrong.append(WrongLine(number=row.number, why=Message(text=why)))
    if wrong or not rows:
        raise WrongList(sorted(wrong, key=lambda line: line.number)[:SHOWN])
    count = 0
    for row in rows:
        line = lines[row.key]
        count += line.state is not row.result.state
        record_result(session, line_id=line.id, result=row.result, actor_id=actor_id)
    return count


def _why_not(row: _Row, line: PayoutLine | None) -> str | None:
    if line is None:
        return _UNKNOWN
    if line.net_idr != row.amount_idr:
        return _OTHER
    if line.state is row.result.state:
        return None
    if row.result.state not in LINE_RESULTS.get(line.state, frozenset()):
        return _ENDED
    if row.result.state is not LineState.SUCCEEDED and not row.result.reason.strip():
        return _REASON
    return None


def _read(text: str) -> tuple[list[_Row], list[WrongLine]]:
    rows: dict[str, _Row] = {}
    wrong = []
    delimiter = "\t" if "\t" in text else ";"
    reader = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter)
    for number, cells in enumerate(reader, 1):
        if not any(cell.strip() for cell in cells):
            continue
        found = _row(number, [cell.strip() for cell in cells])
        if isinstance(found, _Row) and found.key in rows:
            found = _TWICE
        if isinstance(found, _Row):
            rows[found.key] = found
        elif number > 1 or found is not _AMOUNT or _names_an_end(cells):
            wrong.append(WrongLine(number=number, why=Message(text=found)))
    return list(rows.values()), wrong


def _names_an_end(cells: list[str]) -> bool:
    """Whether a line is a result, and no heading."""
    return len(cells) > 2 and cells[2].strip().upper() in WORDS


def _row(number: int, cells: list[str]) -> _Row | str:
    if len(cells) < 3 or not cells[0]:
        return _MISSING
    try:
        amount_idr = rupiah(cells[1])
    except ValueError:
        return _AMOUNT
    state = WORDS.get(cells[2].upper())
    if state is None:
        return _WORD
    bank_ref, reason = [*cells[3:5], "", ""][:2]
    return _Row(
        number=number,
        key=cells[0],
        amount_idr=amount_idr,
        result=Result(state=state, bank_ref=bank_ref, reason=reason),
    )
