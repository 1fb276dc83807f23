"""Reading a tariff table from a file or a screen, with what is wrong in each row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from agentsys.contributions.tariff_models import (
    LONGEST_INSTRUMENT,
    TariffCertainty,
    TariffKind,
)
from agentsys.contributions.tariff_tables import PROGRAMMES
from agentsys.errors import Invalid
from agentsys.messages import Message
from agentsys.money import rupiah
from agentsys.months import parse_month
from agentsys.sheets.tables import MOST_BYTES, Shape, TableRow, read_table
from agentsys.workers.kinds import Funding, Sector

MOST_ROWS = 200
MOST_IDR = 100_000_000  # a month's contribution or a month's income of a table is never more
_HEAD = ("instrument", "valid_from", "valid_until", "certainty")
_MONTH = re.compile(r"(20[0-9]{2}-[01][0-9])(?:-01)?(?:[ T]00:00:00)?")
_DISCOUNT = ("sector", "funding", "programmes", "percent_to_pay", "applies", "why")
COLUMNS: Mapping[bool, Sequence[str]] = {
    False: (*_HEAD, "income_from", "base_idr", "amount_idr"),
    True: (*_HEAD, *_DISCOUNT),
}


class RowsWrong(Invalid):
    """Rows of a table cannot be used; `rows` has each with its number and what to do."""

    text = "Tabel ini belum dapat dipakai. Perbaiki baris di bawah, lalu kirim lagi."

    def __init__(self, rows: Sequence[tuple[int, Message]]) -> None:
        """Keep the rows, in their order."""
        super().__init__()
        self.rows = list(rows)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that can be proposed."""

    kind: TariffKind
    instrument: str
    valid_from: date
    valid_until: date | None
    certainty: TariffCertainty
    rows: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        """The same for all tables that make the same prices by the same instrument."""
        content = [
            self.kind.value,
            self.instrument,
            str(self.valid_from),
            str(self.valid_until or ""),
            self.certainty.value,
            self.rows,
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def from_file(kind: TariffKind, content: bytes) -> Table:
    """The table in a CSV file or workbook, in the layout of the files of the package.

    Invalid if it is no such table; RowsWrong names the rows to put right.
    """
    if not content:
        raise Invalid("Pilih berkas tabel iuran.", about="file")
    if len(content) > MOST_BYTES:
        raise Invalid("Berkas terlalu besar untuk tabel iuran (paling banyak 2 MB).", about="file")
    columns = COLUMNS[kind is TariffKind.DISCOUNT]
    shape = Shape(
        titles={name: (name.replace("_", "").upper(),) for name in columns},
        needed=[(name,) for name in columns if name not in ("valid_until", "base_idr", "why")],
        told=", ".join(columns),
        mark="instrument",
    )
    return from_rows(kind, read_table(content, shape))


def from_rows(kind: TariffKind, lines: Sequence[TableRow]) -> Table:
    """The table of some lines, such as those of a screen; RowsWrong names those to put right."""
    lines = [line for line in lines if any(line.cells.values())]
    if not lines:
        raise Invalid("Tabel ini tidak berisi baris. Isi paling sedikit satu baris.")
    if len(lines) > MOST_ROWS:
        raise Invalid("Paling banyak {most} baris dalam satu tabel iuran.", most=MOST_ROWS)
    wrong: list[tuple[int, Message]] = []
    one_discount = kind is TariffKind.DISCOUNT
    same = _HEAD[:3] if one_discount else _HEAD
    first = lines[0]
    for line in lines[1:]:
        wrong += [(line.number, _other(name, first)) for name in same if line[name] != first[name]]
    head = _head(first, wrong)
    read = _discount if one_discount else _amount
    rows = [row for line in lines if (row := read(line, wrong)) is not None]
    wrong += _together(kind, lines, rows)
    if wrong or head is None:
        raise RowsWrong(sorted(wrong, key=lambda each: each[0]))
    instrument, valid_from, valid_until, certainty = head
    if not one_discount:
        rows.sort(key=lambda row: int(row["income_from"]))
    return Table(
        kind=kind,
        instrument=instrument,
        valid_from=valid_from,
        valid_until=valid_until,
        certainty=certainty,
        rows=rows,
    )


def _other(name: str, first: TableRow) -> Message:
    return Message(
        text="{column} lain daripada di baris {number}. Satu berkas berisi satu tabel: samakan,"
        " atau pisahkan menjadi dua berkas.",
        values={"column": name, "number": first.number},
    )


def _head(
    line: TableRow, wrong: list[tuple[int, Message]]
) -> tuple[str, date, date | None, TariffCertainty] | None:
    before = len(wrong)
    instrument = " ".join(line["instrument"].split())
    if not 0 < len(instrument) <= LONGEST_INSTRUMENT:
        _say(wrong, line, "Isi instrument: nama peraturannya, paling panjang 40 huruf.")
    valid_from = _month(line, "valid_from", wrong)
    valid_until = _month(line, "valid_until", wrong) if line["valid_until"] else None
    if valid_from and valid_until and valid_until < valid_from:
        _say(wrong, line, "Isi valid_until dengan bulan sesudah valid_from, atau kosongkan.")
    certainty = _certainty(line, wrong)
    if len(wrong) > before or valid_from is None or certainty is None:
        return None
    return instrument, valid_from, valid_until, certainty


def _certainty(line: TableRow, wrong: list[tuple[int, Message]]) -> TariffCertainty | None:
    try:
        return TariffCertainty(line["certainty"].lower())
    except ValueError:
        _say(wrong, line, "Isi certainty dengan sourced, secondary, atau unsure.")
        return None


def _month(line: TableRow, name: str, wrong: list[tuple[int, Message]]) -> date | None:
    # Workbooks turn 2027-01 into a day.
    match = _MONTH.fullmatch(line[name])
    try:
        return parse_month(match[1] if match else line[name])
    except ValueError:
        text = "{column} bukan bulan. Tulis seperti 2027-01."
        wrong.append((line.number, Message(text=text, values={"column": name})))
        return None


def _amount(line: TableRow, wrong: list[tuple[int, Message]]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for name in ("income_from", "amount_idr", "base_idr"):
        if name == "base_idr" and not line[name]:
            continue
        try:
            found[name] = rupiah(line[name])
            if found[name] > MOST_IDR:
                raise ValueError
        except ValueError:
            text = "{column} bukan jumlah rupiah. Tulis seperti 1100000."
            wrong.append((line.number, Message(text=text, values={"column": name})))
            return None
    return found


def _discount(line: TableRow, wrong: list[tuple[int, Message]]) -> dict[str, Any] | None:
    before = len(wrong)
    if line["sector"] not in set(Sector):
        _say(wrong, line, "Isi sector dengan transport atau other.")
    if line["funding"] not in set(Funding):
        _say(wrong, line, "Isi funding dengan self, csr, apbdes, apbn, atau apbd.")
    programmes = line["programmes"].upper().replace(" ", "").split("+")
    if not set(programmes) <= set(PROGRAMMES) or len(set(programmes)) < len(programmes):
        _say(wrong, line, "Isi programmes dengan JKK, JKM, JHT, atau gabungannya seperti JKK+JKM.")
    percent = line["percent_to_pay"]
    if not (percent.isascii() and percent.isdigit() and len(percent) < 4 and int(percent) <= 100):
        _say(wrong, line, "Isi percent_to_pay dengan bagian yang dibayar, dari 0 sampai 100.")
    applies = line["applies"].lower()
    if applies not in ("yes", "no"):
        _say(wrong, line, "Isi applies dengan yes atau no.")
    certainty = _certainty(line, wrong)
    if len(wrong) > before or certainty is None:
        return None
    return {
        "sector": line["sector"],
        "funding": line["funding"],
        "programmes": "+".join(programmes),
        "percent_to_pay": int(percent),
        "applies": applies,
        "certainty": certainty.value,
        "why": line["why"][:300],
    }


def _together(
    kind: TariffKind, lines: Sequence[TableRow], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[int, Message]]:
    """What is wrong with rows that are right alone: two for one income or group, no lowest one."""
    if len(rows) < len(lines):
        return []  # first those that cannot be read
    twice: list[tuple[int, Message]] = []
    seen: dict[Any, int] = {}
    for line, row in zip(lines, rows, strict=True):
        keys = (
            [(row["sector"], row["funding"], each) for each in row["programmes"].split("+")]
            if kind is TariffKind.DISCOUNT
            else [row["income_from"]]
        )
        for key in keys:
            if key in seen and seen[key] != line.number:
                text = "Baris ini sama dengan baris {number}. Hapus salah satunya."
                twice.append((line.number, Message(text=text, values={"number": seen[key]})))
                break
            seen[key] = line.number
    if kind is not TariffKind.DISCOUNT and 0 not in seen:
        text = "Golongan penghasilan terendah harus mulai dari 0. Tambahkan baris income_from 0."
        twice.append((lines[0].number, Message(text=text)))
    return twice


def _say(wrong: list[tuple[int, Message]], line: TableRow, text: str) -> None:
    wrong.append((line.number, Message(text=text)))
