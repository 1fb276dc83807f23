"""Storing the lines of a statement: set-based, and each line once however often it is sent.

A line is known by its account, its day, and its position among the equal lines of that day. Banks
give whole days, up to the moment of the download. So a day is merged as a whole: one of the two
sequences must contain the other, or the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from agentsys.bank_refs import ref_key
from agentsys.messages import format_day
from agentsys.sheets.refusals import FileRefused
from agentsys.statements.amounts import parts_of
from agentsys.statements.lines import Line, Totals
from agentsys.statements.models import BankAccount, BankFile

_FRESH = (
    text("DROP TABLE IF EXISTS bank_sent, bank_sent_pending"),
    text("""
CREATE TEMP TABLE bank_sent (
    place bigint, booked_on date, digest bytea, amount_idr bigint, sen smallint, fee_idr bigint,
    text varchar, reference varchar, ref_key varchar, balance_sen bigint, raw varchar,
    tax_idr bigint
) ON COMMIT DROP
"""),
    text("""
CREATE TEMP TABLE bank_sent_pending (
    place bigint, mark varchar, amount_idr bigint, sen smallint, text varchar
) ON COMMIT DROP
"""),
)
_COPY = "COPY bank_sent FROM STDIN"
_PENDING = text("INSERT INTO bank_sent_pending VALUES (:place, :mark, :amount_idr, :sen, :text)")
MOST_PENDING = 1_000

_ANY = text("""
SELECT EXISTS (
    SELECT FROM bank_lines
    WHERE account_id = :account_id AND booked_on BETWEEN :from_on AND :until_on
)
""")
# A day of which we have lines that the file lacks, and the other way round; or, before the last
# day of the file, only the first.
_OTHER_DAY = text("""
WITH theirs AS (
    SELECT booked_on, digest,
           row_number() OVER (PARTITION BY booked_on, digest ORDER BY place) AS nth
    FROM bank_sent
), ours AS (
    SELECT booked_on, digest, nth FROM bank_lines
    WHERE account_id = :account_id AND booked_on BETWEEN :from_on AND :until_on
), days AS (
    SELECT coalesce(o.booked_on, t.booked_on) AS day,
           count(*) FILTER (WHERE t.digest IS NULL) AS lacking,
           count(*) FILTER (WHERE o.digest IS NULL) AS added
    FROM ours o FULL JOIN theirs t
        ON t.booked_on = o.booked_on AND t.digest = o.digest AND t.nth = o.nth
    GROUP BY 1
)
SELECT day, lacking, added FROM days
WHERE lacking > 0 AND (added > 0 OR day < :until_on) ORDER BY day LIMIT 1
""")
_STORE = text("""
WITH stored AS (
    INSERT INTO bank_lines (account_id, file_id, booked_on, digest, nth, amount_idr, sen, fee_idr,
        text, reference, ref_key, balance_sen, raw, tax_idr)
    SELECT :account_id, :file_id, booked_on, digest,
           row_number() OVER (PARTITION BY booked_on, digest ORDER BY place * :way),
           amount_idr, sen, fee_idr, text, reference, ref_key, balance_sen, raw, tax_idr
    FROM bank_sent ORDER BY booked_on, place * :way
    ON CONFLICT (account_id, booked_on, digest, nth) DO NOTHING
    RETURNING booked_on, amount_idr, sen
)
SELECT count(*) AS lines,
       coalesce(sum(amount_idr * 100 + sen), 0) AS sen,
       coalesce(sum(amount_idr * 100 + sen) FILTER (WHERE booked_on >= :known_from), 0)
           AS sen_known
FROM stored
""")
_FORGET_PENDING = text("DELETE FROM bank_pending WHERE account_id = :account_id")
_STORE_PENDING = text("""
INSERT INTO bank_pending (account_id, file_id, place, mark, amount_idr, sen, text)
SELECT :account_id, :file_id, place, mark, amount_idr, sen, text FROM bank_sent_pending
""")


def send(session: Session, lines: Iterator[Line], totals: Totals) -> None:
    """Read all lines into a temporary table of this transaction, summing them up."""
    for statement in _FRESH:
        session.execute(statement)
    pending: list[dict[str, Any]] = []
    with session.connection().connection.cursor().copy(_COPY) as copy:
        for line in lines:
            totals.add(line)
            amount, sen = parts_of(line.sen)
            if line.booked_on is None:
                if len(pending) < MOST_PENDING:
                    pending.append(
                        {"place": line.place, "mark": line.mark, "amount_idr": amount, "sen": sen,
                         "text": line.text}
                    )  # fmt: skip
                continue
            copy.write_row(
                (
                    line.place, line.booked_on, line.digest, amount, sen, line.fee_sen // 100,
                    line.text, line.reference, ref_key(line.reference), line.balance_sen, line.raw,
                    line.tax_sen // 100,
                )
            )  # fmt: skip
    if pending:
        session.execute(_PENDING, pending)


def check_days(session: Session, file: BankFile) -> None:
    """Refuse a file that has other lines of a day than we stored from an earlier one."""
    values = _values(file)
    if not session.scalar(_ANY, values):
        return
    other = session.execute(_OTHER_DAY, values).one_or_none()
    if other is None:
        return
    if other.added:
        raise FileRefused(
            "Mutasi {day} di berkas ini lain dari yang sudah tercatat: {lacking} baris kami tidak"
            " ada di sini, dan {added} baris di sini tidak ada pada kami. Unggah berkas dengan"
            " susunan yang sama seperti sebelumnya, tanpa saringan.",
            day=format_day(other.day),
            lacking=other.lacking,
            added=other.added,
        )
    raise FileRefused(
        "Berkas ini tidak memuat {lacking} baris {day} yang sudah tercatat. Mungkin disaring, atau"
        " unduhan lama. Unduh lagi dari bank untuk hari-hari itu.",
        day=format_day(other.day),
        lacking=other.lacking,
    )


def store(session: Session, account: BankAccount, file: BankFile, *, descending: bool) -> Row[Any]:
    """Store the lines that are new: their number and sum, and their sum within the known days."""
    values = _values(file) | {
        "way": -1 if descending else 1,
        "known_from": account.known_from or file.from_on,
    }
    return session.execute(_STORE, values).one()


def replace_pending(session: Session, file: BankFile) -> None:
    """The announced lines are those of the newest statement; booked ones come with their day."""
    session.execute(_FORGET_PENDING, _values(file))
    session.execute(_STORE_PENDING, _values(file))


def _values(file: BankFile) -> dict[str, Any]:
    return {
        "account_id": file.account_id,
        "file_id": file.id,
        "from_on": file.from_on,
        "until_on": file.until_on,
    }
