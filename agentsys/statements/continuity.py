"""Whether a statement goes on where the earlier ones of its account ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.messages import format_day
from agentsys.sheets.refusals import FileRefused
from agentsys.statements.lines import said_sen
from agentsys.statements.models import BankAccount, BankFile

_OURS_SINCE = text("""
SELECT coalesce(sum(amount_idr * 100 + sen), 0) FROM bank_lines
WHERE account_id = :account_id AND booked_on >= :day
""")
_SENT_BEFORE = text("""
SELECT coalesce(sum(amount_idr * 100 + sen), 0) FROM bank_sent WHERE booked_on < :day
""")
_GAP_AFTER = (
    "Ada mutasi yang belum diunggah: saldo terakhir yang tercatat {ours} ({day}), tetapi berkas ini"
    " mulai dari saldo {theirs}. Unggah dulu hari-hari di antaranya."
)
_GAP_BEFORE = (
    "Ada mutasi yang belum diunggah: berkas ini berakhir dengan saldo {theirs}, tetapi catatan kami"
    " mulai {day} dari saldo {ours}. Unggah juga hari-hari di antaranya."
)
_OVERLAP = (
    "Berkas ini bertumpuk dengan hari yang sudah tercatat, dan saldonya tidak sama: sebelum {day}"
    " tercatat {ours}, tetapi menurut berkas ini {theirs}. Periksa apakah rekeningnya benar dan"
    " berkasnya utuh."
)


@dataclass(frozen=True)
class _Meeting:
    """Two balances of one moment: what the file says, and what we have."""

    theirs: int
    ours: int
    text: str
    day: date


def check_balances(session: Session, account: BankAccount, file: BankFile) -> None:
    """Refuse a file between which and our lines something is missing, or stands twice."""
    meeting = _meeting(session, account, file)
    if meeting is not None and meeting.theirs != meeting.ours:
        raise FileRefused(
            meeting.text,
            theirs=said_sen(meeting.theirs),
            ours=said_sen(meeting.ours),
            day=format_day(meeting.day),
        )


def extend(account: BankAccount, file: BankFile, stored: Any) -> None:
    """Widen what the account's statements cover by a file that was just stored."""
    assert file.from_on is not None
    assert file.until_on is not None
    if account.known_from is None or account.known_until is None:
        account.known_from, account.known_until = file.from_on, file.until_on
        account.opening_sen, account.closing_sen = file.opening_sen, file.closing_sen
        return
    if file.until_on > account.known_until and file.closing_sen is not None:
        account.closing_sen = file.closing_sen
    elif account.closing_sen is not None:
        account.closing_sen += int(stored.sen_known)
    if file.from_on < account.known_from:
        account.opening_sen = file.opening_sen
    account.known_from = min(account.known_from, file.from_on)
    account.known_until = max(account.known_until, file.until_on)


def _meeting(session: Session, account: BankAccount, file: BankFile) -> _Meeting | None:
    """Where the file and our lines meet; None if one of them has no balance there."""
    first, last = account.known_from, account.known_until
    if first is None or last is None or file.from_on is None or file.until_on is None:
        return None
    if file.from_on > last:
        return _made(file.opening_sen, account.closing_sen, _GAP_AFTER, last)
    if file.until_on < first:
        return _made(file.closing_sen, account.opening_sen, _GAP_BEFORE, first)
    if file.from_on >= first:
        values: dict[str, Any] = {"account_id": account.id, "day": file.from_on}
        since = int(session.scalar(_OURS_SINCE, values) or 0)
        ours = None if account.closing_sen is None else account.closing_sen - since
        return _made(file.opening_sen, ours, _OVERLAP, file.from_on)
    before = int(session.scalar(_SENT_BEFORE, {"day": first}) or 0)
    theirs = None if file.opening_sen is None else file.opening_sen + before
    return _made(theirs, account.opening_sen, _OVERLAP, first)


def _made(theirs: int | None, ours: int | None, text: str, day: date) -> _Meeting | None:
    return None if theirs is None or ours is None else _Meeting(theirs, ours, text, day)
