"""Results that name workers: some of a batch are paid, others refused, some with another sum.

BPJS keeps the members whom it took. A refused one leaves the batch; the money stays owed to BPJS
and is held, so that somebody corrects the worker and sends it again, or gives the money back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import Refused
from agentsys.messages import Message
from agentsys.remittances import dividing, members, references, verdicts
from agentsys.remittances.holds import take_out
from agentsys.remittances.models import Remittance, RemittanceRefusal, RemittanceState
from agentsys.remittances.paying import How, confirm_batch
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Result, Verdict
from agentsys.sheets.tables import word

_WHICH_MONTH = "Pekerja ini punya beberapa bulan dalam setoran ini. Isi juga kolom BULAN."
_TWICE = "Iuran ini disebut dua kali. Hapus salah satu barisnya."
_OTHERS_WRONG = "Perbaiki dulu baris lain dari kode iuran ini, lalu cocokkan lagi."
_NOT_NAMED = (
    "{count} iuran setoran ini tidak disebut. Salin semua barisnya, atau sertakan baris setorannya"
    " dengan jumlah yang dibayar."
)
_UNPAID = "Status setoran di BPJS: {status}. Bayar kode iuran ini, lalu tempel lagi."
_PARTLY = {"SEBAGIAN", "LUNASSEBAGIAN", "PARTIAL", "PARTIALLYPAID", "PARTIALPAID"}
_UNCLEAR = "Status di BPJS: {status}. Baris pekerja harus LUNAS atau DITOLAK."
_ALL_REFUSED = "BPJS menolak semua iuran setoran ini. Batalkan setorannya, lalu perbaiki datanya."
_OTHER_SUM = (
    "Jumlah di BPJS {theirs_idr}, iuran pekerja ini {ours_idr}. Jika jumlah BPJS memang itu, isi"
    " alasannya, lalu cocokkan lagi."
)
_PAID = "Iuran {month} LUNAS."
_REFUSED = (
    "Ditolak BPJS, jadi keluar dari setoran ini dan ditahan. Perbaiki datanya, lalu lepaskan; atau"
    " kembalikan uangnya."
)


@dataclass(kw_only=True)
class _Read:
    """What the lines of one batch say."""

    remittance: Remittance
    rows: Sequence[ResultRow]
    members: dict[int, Contribution] = field(default_factory=dict)  # by the line's place
    problems: dict[int, tuple[Verdict, Message]] = field(default_factory=dict)

    @property
    def refused(self) -> list[Contribution]:
        """What BPJS refused."""
        return [each for place, each in self.members.items() if self.rows[place].refused]

    @property
    def left_idr(self) -> int:
        """Our sum of what BPJS did not refuse."""
        return self.remittance.amount_idr - sum(each.amount_idr for each in self.refused)


def apply(
    session: Session, remittance: Remittance, rows: Sequence[ResultRow], how: How
) -> list[Result]:
    """Apply the lines of one locked batch, some of which name workers: all of them, or none.

    What BPJS was paid is the sum in the line of the batch; without such a line every contribution
    must be named, and it is the sum of those that are paid.
    """
    if remittance.state is RemittanceState.CONFIRMED:
        return dividing.apply(session, remittance, rows, how)
    read = _Read(remittance=remittance, rows=rows)
    _find_members(session, read, how)
    theirs = _theirs(read)
    if not read.problems:
        _check_whole(session, read, theirs, how)
    if not read.problems:
        _check_lines(session, read, how)
    if read.problems:
        waiting = (Verdict.INCOMPLETE, Message(text=_OTHERS_WRONG))
        return [
            Result(row, *read.problems.get(place, waiting), remittance.id)
            for place, row in enumerate(rows)
        ]
    try:
        with session.begin_nested():
            return _apply(session, read, theirs, how)
    except Refused as refused:
        return [Result(row, Verdict.NOT_NOW, refused.message, remittance.id) for row in rows]


def _find_members(session: Session, read: _Read, how: How) -> None:
    found = members.find(session, read.remittance, read.rows, how)
    named: set[tuple[int, date]] = set()
    for place, row in enumerate(read.rows):
        if not row.of_member:
            continue
        fitting = found.of.get(place, ())
        key = (fitting[0].worker_id, fitting[0].month) if len(fitting) == 1 else None
        if key is None:
            text = _WHICH_MONTH if fitting else members.NO_MEMBER
            values = {"remittance_id": read.remittance.id}
            read.problems[place] = (Verdict.NO_MEMBER, Message(text=text, values=values))
        elif key in named:
            read.problems[place] = (Verdict.NO_MEMBER, Message(text=_TWICE))
        elif not (row.paid or row.refused):
            unclear = Message(text=_UNCLEAR, values={"status": row.status})
            read.problems[place] = (Verdict.NOT_PAID, unclear)
        else:
            named.add(key)
            read.members[place] = fitting[0]


def _theirs(read: _Read) -> int | None:
    """What BPJS was paid; None if the lines do not say it."""
    of_batch = [row for row in read.rows if not row.of_member]
    if of_batch:
        return of_batch[0].amount_idr
    if len(read.members) < read.remittance.count:
        return None
    paid = [
        read.rows[place].amount_idr or each.amount_idr
        for place, each in read.members.items()
        if read.rows[place].paid
    ]
    return sum(paid)


def _check_whole(session: Session, read: _Read, theirs: int | None, how: How) -> None:
    """Note at every line why the batch cannot be confirmed as a whole."""
    problem = None
    if len(read.refused) == read.remittance.count:
        problem = (Verdict.INCOMPLETE, Message(text=_ALL_REFUSED))
    elif theirs is None:
        values = {"count": read.remittance.count - len(read.members)}
        problem = (Verdict.INCOMPLETE, Message(text=_NOT_NAMED, values=values))
    else:
        problem = verdicts.no_money(session, read.remittance, theirs, shared_bank=how.shared_bank)
    if problem is not None:
        read.problems = dict.fromkeys(range(len(read.rows)), problem)


def _check_lines(session: Session, read: _Read, how: How) -> None:
    for place, row in enumerate(read.rows):
        problem = references.problem(session, row, read.remittance)
        if problem is None and not row.of_member:
            problem = _check_of_batch(read, row, how)
        elif problem is None and row.paid and not how.note:
            ours = read.members[place].amount_idr
            if row.amount_idr not in (None, ours):
                values = {"theirs_idr": row.amount_idr, "ours_idr": ours}
                problem = (Verdict.OTHER_AMOUNT, Message(text=_OTHER_SUM, values=values))
        if problem is not None:
            read.problems[place] = problem


def _check_of_batch(read: _Read, row: ResultRow, how: How) -> tuple[Verdict, Message] | None:
    if not row.paid and word(row.status) not in _PARTLY:
        return Verdict.NOT_PAID, Message(text=_UNPAID, values={"status": row.status})
    known = (read.left_idr, read.remittance.code_idr)
    return verdicts.sum_problem(row, read.left_idr, known=known, other_sum=bool(how.note))


def _apply(session: Session, read: _Read, theirs: int | None, how: How) -> list[Result]:
    remittance, rows = read.remittance, read.rows
    of_members = [
        difference
        for place, each in read.members.items()
        if rows[place].paid
        and (difference := members.difference_of(each, rows[place], how)) is not None
    ]
    for place, each in read.members.items():
        if rows[place].refused:
            _refuse(session, each, remittance, rows[place], how)
    session.flush()
    paid = next((row for row in rows if row.ref), rows[0])
    lent = confirm_batch(
        session, remittance, theirs=theirs or 0, row=paid, how=how, of_members=of_members
    )
    off = (theirs or 0) - remittance.amount_idr
    done = verdicts.paid(rows[0], remittance, lent_idr=lent, difference_idr=off)
    return [_told(row, read.members.get(place), done) for place, row in enumerate(rows)]


def _told(row: ResultRow, member: Contribution | None, done: Result) -> Result:
    if member is None:
        return Result(row, done.verdict, done.reason, done.remittance_id)
    if row.refused:
        return Result(row, Verdict.MEMBER_REFUSED, Message(text=_REFUSED), done.remittance_id)
    paid = Message(text=_PAID, values={"month": f"{member.month:%Y-%m}"})
    return Result(row, Verdict.CONFIRMED, paid, done.remittance_id)


def _refuse(
    session: Session, member: Contribution, remittance: Remittance, row: ResultRow, how: How
) -> None:
    """Take a contribution out of the batch, and hold its money until somebody puts it right."""
    reason = f"Ditolak BPJS: {row.why or row.status}"[:200]
    session.add(
        RemittanceRefusal(
            remittance_id=remittance.id,
            worker_id=member.worker_id,
            month=member.month,
            amount_idr=member.amount_idr,
            reason=reason,
            refused_by=how.actor.id,
            refused_at=clock.now(),
        )
    )
    take_out(session, member, remittance)
    if member.payment_id is not None:
        member.held_at, member.held_by, member.hold_reason = clock.now(), how.actor.id, reason
    session.flush()
    trail.record(
        session,
        actor_id=how.actor.id,
        action="contribution.refused",
        subject=f"contribution:{member.worker_id}:{member.month:%Y-%m}",
        details={
            "amount_idr": member.amount_idr,
            "reason": reason,
            "remittance_id": remittance.id,
        },
    )
