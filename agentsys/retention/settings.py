"""Dated settings: for how many months each kind of record is kept."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Refused


class Kept(StrEnum):
    """A kind of record that is destroyed after some time."""

    CALLBACK = "callback"  # of a provider, with its body
    EVENT = "event"  # what plugins were told
    ROSTER_NOTE = "roster_note"  # what was repaired or refused in a list
    PAY_LINK = "pay_link"
    PAGE_CODE = "page_code"  # of a worker's own page
    EXPIRED_PAYMENT = "expired_payment"  # asked for and never paid
    NOTICE = "notice"  # a message to a payer
    SESSION = "session"  # in which somebody was signed in
    STATEMENT_FILE = "statement_file"  # the bytes of a bank's statement that was not read


class SettingMissing(Refused):
    """Not exactly one row applies to a kind and day."""

    text = "Aturan masa simpan untuk hari itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class Retention:
    """For how many months a kind is kept, since when that is the rule, and who says so."""

    kind: Kept
    months: int
    valid_from: date
    certainty: str
    source: str

    @property
    def is_certain(self) -> bool:
        """Whether a source of authority says so."""
        return self.certainty == "sourced"


def retention(kind: Kept, day: date) -> Retention:
    """The setting of a kind on a day; SettingMissing unless exactly one row applies."""
    found = [
        row
        for row, last in _table()
        if row.kind is kind and row.valid_from <= day and (last is None or day <= last)
    ]
    if len(found) != 1:
        raise SettingMissing(kind=kind.value, day=day)
    return found[0]


@lru_cache
def _table() -> tuple[tuple[Retention, date | None], ...]:
    table = files("agentsys.retention") / "tables" / "retention.csv"
    return tuple(
        (
            Retention(
                kind=Kept(row["kind"]),
                months=int(row["months"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                certainty=row["certainty"],
                source=row["source"],
            ),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        )
        for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    )
