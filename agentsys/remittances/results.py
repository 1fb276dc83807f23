"""Parsing BPJS' results about batches, from pasted text, CSV or a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agentsys.errors import Invalid
from agentsys.money import rupiah
from agentsys.months import parse_month
from agentsys.sheets.tables import MOST_BYTES, Shape, TableRow, read_table, word

_SHAPE = Shape(
    titles={
        "code": ("KODEIURAN", "KODEBILLING", "KODEBAYAR", "KODE"),
        "status": ("STATUS", "STATUSBAYAR", "STATUSPEMBAYARAN"),
        "amount": ("JUMLAH", "NOMINAL", "JUMLAHIURAN", "TOTAL"),
        "ref": ("NOREF", "NOREFERENSI", "REF", "NTPN", "NOBUKTI"),
        "nik": ("NIK", "NOKTP", "NOMORNIK"),
        "kpj": ("KPJ", "NOPESERTA", "NOMORPESERTA"),
        "month": ("BULAN", "BULANIURAN", "BLTH", "PERIODE"),
        "paid_on": ("TANGGALBAYAR", "TGLBAYAR", "TANGGALPEMBAYARAN", "WAKTUBAYAR"),
        "why": ("KETERANGAN", "ALASAN", "CATATAN"),
    },
    needed=(("code",), ("status",), ("amount",)),
    told="KODE IURAN, STATUS, JUMLAH, NO REF",
    mark="KODE",
)
_PAID = {"PAID", "LUNAS", "SUDAHBAYAR", "SUDAHDIBAYAR"}
_REFUSED = {"DITOLAK", "TOLAK", "REJECTED", "REFUSED", "GAGAL", "TIDAKVALID", "INVALID"}


@dataclass(frozen=True)
class ResultRow:
    """One line of BPJS' results: of a batch, or of one worker in it.

    `amount_idr` is None if the line has no readable amount.
    """

    number: int
    kode_iuran: str
    paid: bool
    status: str
    amount_idr: int | None
    ref: str
    nik: str = ""  # digits; empty in the line of a batch, as `kpj` is
    kpj: str = ""
    month: date | None = None
    refused: bool = False
    paid_on: date | None = None
    why: str = ""  # what BPJS says about it

    @property
    def of_member(self) -> bool:
        """Whether the line is about one worker of the batch."""
        return bool(self.nik or self.kpj)


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
        nik=_digits(line["nik"]),
        kpj=_digits(line["kpj"]),
        month=_month(line["month"]),
        refused=word(status) in _REFUSED,
        paid_on=_day(line["paid_on"]),
        why=line["why"][:150],
    )


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())[:40]


def _month(text: str) -> date | None:
    """A month as BPJS writes it: 2026-11, 11-2026, 11/2026 or 202611; None if it is another."""
    digits = _digits(text)
    if len(digits) == 6 and digits.isascii():
        texts = (f"{digits[:4]}-{digits[4:]}", f"{digits[2:]}-{digits[:2]}")
        for written in texts:
            try:
                return parse_month(written)
            except ValueError:
                continue
    return None


def _day(text: str) -> date | None:
    """A day as BPJS writes it, with or without a time; None if it is another text."""
    written = text.strip()[:10].replace("/", "-").replace(".", "-")
    for pattern in ("%Y-%m-%d", "%d-%m-%Y"):
        try:
            return datetime.strptime(written, pattern).date()  # a day has no zone
        except ValueError:
            continue
    return None
