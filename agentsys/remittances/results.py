"""Parsing BPJS' results about batches, from pasted text, CSV or a workbook."""

from __future__ import annotations

from dataclasses import dataclass

from agentsys.errors import Invalid
from agentsys.money import rupiah
from agentsys.sheets.tables import MOST_BYTES, Shape, TableRow, read_table, word

_SHAPE = Shape(
    titles={
        "code": ("KODEIURAN", "KODEBILLING", "KODEBAYAR", "KODE"),
        "status": ("STATUS", "STATUSBAYAR", "STATUSPEMBAYARAN"),
        "amount": ("JUMLAH", "NOMINAL", "JUMLAHIURAN", "TOTAL"),
        "ref": ("NOREF", "NOREFERENSI", "REF", "NTPN", "NOBUKTI"),
    },
    needed=(("code",), ("status",), ("amount",)),
    told="KODE IURAN, STATUS, JUMLAH, NO REF",
    mark="KODE",
)
_PAID = {"PAID", "LUNAS", "SUDAHBAYAR", "SUDAHDIBAYAR"}


@dataclass(frozen=True)
class ResultRow:
    """One line of BPJS' results; `amount_idr` is None if the line has no readable amount."""

    number: int
    kode_iuran: str
    paid: bool
    status: str
    amount_idr: int | None
    ref: str


def read_results(given: str | bytes) -> list[ResultRow]:
    """Parse a pasted table, CSV or workbook; Invalid says what could not be parsed."""
    if len(given) > MOST_BYTES:
        raise Invalid("Berkas terlalu besar untuk hasil setoran (paling banyak 2 MB).")
    rows = [row for line in read_table(given, _SHAPE) if (row := _row(line)) is not None]
    if not rows:
        raise Invalid("Tidak ada baris hasil di bawah judul kolom. Salin juga baris-barisnya.")
    return rows


def _row(line: TableRow) -> ResultRow | None:
    code = "".join(line["code"].split()).upper()
    if not code:
        return None
    try:
        amount = rupiah(line["amount"])
    except ValueError:
        amount = None
    status = line["status"]
    return ResultRow(
        number=line.number,
        kode_iuran=code[:40],
        paid=word(status) in _PAID,
        status=status[:40],
        amount_idr=amount,
        ref=line["ref"][:40],
    )
