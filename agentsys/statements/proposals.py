"""What a line may be: records that fit it, with the reasons; a person decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from agentsys.bank_refs import ref_key
from agentsys.many import among
from agentsys.messages import Message
from agentsys.statements.deciding import Thing
from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankLine,
    BankMatch,
    Direction,
    ThingKind,
)
from agentsys.statements.things import BANK_THINGS, GATEWAY_THINGS

MOST = 9  # as many as there are digits to choose by
SAME_SUM_DAYS, NEAR_DAYS = 7, 3
FEE_IDR, FEE_PERCENT = 6_500, 2  # what a bank or a provider may have kept, at most

_UNMATCHED = """
NOT EXISTS (
    SELECT FROM bank_matches m
    WHERE m.kind = t.kind AND m.thing_id = t.thing_id AND m.direction = t.way
        AND m.undone_at IS NULL
)
"""
_FITTING = text(f"""
SELECT DISTINCT ON (x.kind, x.thing_id) x.* FROM (
    SELECT t.kind, t.thing_id, t.way, t.amount_idr, t.reference, t.about, t.day,
           (t.key <> '' AND t.key = :ref_key)
               OR (length(t.key) >= 6 AND strpos(:text_key, t.key) > 0) AS by_reference,
           length(t.about) >= 4 AND strpos(upper(:text), upper(t.about)) > 0 AS by_name
    FROM ({BANK_THINGS}) AS t
    WHERE t.way = :way AND t.day BETWEEN :day - 62 AND :day + 62 AND {_UNMATCHED}
) AS x
WHERE x.by_reference
    OR (x.amount_idr = :amount_idr AND abs(x.day - :day) <= {SAME_SUM_DAYS})
    OR (abs(x.amount_idr - :amount_idr) <= greatest({FEE_IDR}, :amount_idr * {FEE_PERCENT} / 100)
        AND abs(x.day - :day) <= {NEAR_DAYS})
ORDER BY x.kind, x.thing_id, x.by_reference DESC
""")  # noqa: S608  # made of constants
_ORDERED = text(f"""
SELECT t.kind, t.thing_id, t.way, t.amount_idr, t.reference, t.about, t.day,
       true AS by_reference, false AS by_name
FROM ({GATEWAY_THINGS}) AS t
WHERE t.reference IN (:reference, :order) AND t.way = :way AND {_UNMATCHED}
""")  # noqa: S608  # made of constants


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A record that may be the line's, and why."""

    thing: Thing
    difference_idr: int  # the line's sum less the record's
    reasons: Sequence[Message]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The line that shows a record."""

    line_id: int
    booked_on: date
    amount_idr: int
    account: str
    text: str


def candidates(session: Session, line_id: int) -> Sequence[Candidate]:
    """The records that fit a line, the likeliest first; at most `MOST`."""
    line = session.get_one(BankLine, line_id)
    account = session.get_one(BankAccount, line.account_id)
    values: dict[str, Any] = {
        "office_id": account.office_id,
        "way": (Direction.OUT if line.amount_idr < 0 else Direction.IN).value,
        "day": line.booked_on,
        "amount_idr": abs(line.amount_idr),
        "ref_key": line.ref_key,
        "text": line.text,
        "text_key": ref_key(line.text),
    }
    statement = _FITTING
    if account.kind is AccountKind.GATEWAY:
        key = line.ref_key
        values |= {
            "provider": account.provider,
            "reference": line.reference,
            "order": f"{key[:8]}-{key[8:]}",
        }
        statement = _ORDERED
    rows = session.execute(statement, values).all()
    rows = sorted(rows, key=lambda row: _order(row, line))[:MOST]
    return [_candidate(row, line) for row in rows]


def seen_lines(session: Session, kind: ThingKind, thing_ids: Collection[int]) -> Mapping[int, Seen]:
    """The lines that show these records, by the records' ids."""
    if not thing_ids:
        return {}
    rows = session.execute(
        select(
            BankMatch.thing_id,
            BankLine.id.label("line_id"),
            BankLine.booked_on,
            BankLine.amount_idr,
            BankAccount.name.label("account"),
            BankLine.text,
        )
        .join(BankLine, BankLine.id == BankMatch.line_id)
        .join(BankAccount, BankAccount.id == BankLine.account_id)
        .where(
            BankMatch.kind == kind,
            among(BankMatch.thing_id, thing_ids),
            BankMatch.undone_at.is_(None),
        )
    )
    found = {}
    for row in rows:
        values = dict(row._mapping)
        thing_id = values.pop("thing_id")
        found[thing_id] = Seen(**values)
    return found


def _order(row: Row[Any], line: BankLine) -> tuple[Any, ...]:
    difference = abs(abs(line.amount_idr) - row.amount_idr)
    return (
        not row.by_reference,
        difference,
        not row.by_name,
        abs((line.booked_on - row.day).days),
        row.thing_id,
    )


def _candidate(row: Row[Any], line: BankLine) -> Candidate:
    difference = abs(line.amount_idr) - int(row.amount_idr)
    reasons = []
    if row.by_reference:
        reasons.append(Message(text="Nomor referensinya sama."))
    if difference == 0:
        reasons.append(Message(text="Jumlahnya sama."))
    elif difference < 0:
        reasons.append(Message(text="Kurang {less_idr}.", values={"less_idr": -difference}))
    else:
        reasons.append(Message(text="Lebih {more_idr}.", values={"more_idr": difference}))
    if row.by_name:
        reasons.append(Message(text="Namanya ada di keterangan."))
    days = abs((line.booked_on - row.day).days)
    if days:
        reasons.append(Message(text="Selisih {days} hari.", values={"days": days}))
    else:
        reasons.append(Message(text="Hari yang sama."))
    thing = Thing(
        kind=ThingKind(row.kind),
        thing_id=row.thing_id,
        way=Direction(row.way),
        amount_idr=row.amount_idr,
        reference=row.reference,
        about=row.about,
        day=row.day,
    )
    return Candidate(thing=thing, difference_idr=difference, reasons=reasons)
