"""Making a file of transfers by a layout; what does not fit is refused, never bent silently.

Names are written in the letters that the bank takes, and cut at the width; numbers are never cut.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from agentsys.bank_files.layouts import Bank, Column, Layout
from agentsys.documents.xlsx import Sheet, workbook
from agentsys.errors import Invalid, Refused
from agentsys.messages import Message

_NUMBERS = ("account", "amount", "count", "total", "batch", "debit_account", "reference")
_FORMULA = "=+-@\t\r"  # with which a spreadsheet would begin a formula
_OF_NO_BANK = {"PT", "BANK", "PERSERO", "TBK"}  # which any bank may have in its name
_NAME_EMPTY = (
    "Nama pemilik rekening {holder} tidak dapat ditulis dengan huruf yang diterima bank."
    " Perbaiki nama di rekening agennya."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Transfer:
    """One transfer to be made; the reference is the same at each attempt."""

    reference: str
    bank: str
    account: str
    holder: str
    amount_idr: int


@dataclass(frozen=True, kw_only=True, repr=False)
class Order:
    """The transfers of one file: the day, and its number among the office's files of that day."""

    day: date
    number: int
    transfers: Sequence[Transfer]
    debit_account: str = ""  # from which the bank takes the money; empty if it is not known

    @property
    def total_idr(self) -> int:
        """What the transfers sum to."""
        return sum(each.amount_idr for each in self.transfers)


@dataclass(frozen=True, kw_only=True, repr=False)
class RenderedFile:
    """A file as the bank gets it."""

    name: str
    content: bytes
    sha256: str


def render(layout: Layout, order: Order) -> RenderedFile:
    """The file of these transfers; Refused or Invalid says what does not fit the layout."""
    _check(layout, order)
    header = _record(layout.header, layout, order, None)
    trailer = _record(layout.trailer, layout, order, None)
    rows = [_record(layout.rows, layout, order, each) for each in order.transfers]
    if layout.format == "xlsx":
        titles = [column.title for column in layout.rows]
        content = workbook(Sheet("", f"{layout.label} {order.day:%Y-%m-%d}", titles, rows))
    else:
        records = [record for record in (header, *rows, trailer) if record]
        titles = [column.title for column in layout.rows]
        if not layout.header and any(titles):
            records = [titles, *records]
        content = _text(layout, records).encode(layout.encoding)
    return RenderedFile(
        name=layout.file_name.format(day=order.day, batch=order.number),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def plain(text: str, *, allowed: str = "", upper: bool = False) -> str:
    """A text in letters without accents; others than the allowed ones become blanks."""
    letters = unicodedata.normalize("NFKD", text)
    letters = "".join(each for each in letters if not unicodedata.combining(each))
    letters = letters.upper() if upper else letters
    kept = re.sub(f"[^{allowed or ' -~'}]", " ", letters)
    return " ".join(kept.split()).lstrip(_FORMULA + " ")


def _check(layout: Layout, order: Order) -> None:
    if not order.transfers:
        raise Invalid("Berkas bank memerlukan paling sedikit satu transfer.")
    if len(order.transfers) > layout.most_rows:
        raise Refused(
            "Bentuk berkas {label} memuat paling banyak {most} transfer. Bagi pembayarannya.",
            label=layout.label,
            most=layout.most_rows,
        )
    references = [each.reference for each in order.transfers]
    if len(set(references)) < len(references):
        raise Refused("Dua transfer mempunyai referensi yang sama.")
    if layout.needs_debit_account and not order.debit_account:
        raise Refused(
            "Bentuk berkas {label} memerlukan rekening kantor. Daftarkan dulu rekening kantor di"
            " halaman Kantor.",
            label=layout.label,
        )


def _record(
    columns: Sequence[Column], layout: Layout, order: Order, transfer: Transfer | None
) -> list[str]:
    return [_cell(column, layout, order, transfer) for column in columns]


def _cell(column: Column, layout: Layout, order: Order, transfer: Transfer | None) -> str:
    raw = _raw(column, layout, order, transfer) if column.field else column.text
    if column.field in _NUMBERS:
        text = raw
    else:
        allowed = column.allowed
        text = plain(raw, allowed=allowed, upper=column.upper) if column.field else raw
        if layout.format == "delimited" and not layout.quoted:
            text = text.replace(layout.delimiter, " ").replace('"', " ")
        text = text[: column.most or column.width or None].rstrip()
    if column.field == "holder" and not text:
        assert transfer is not None
        raise Refused(Message(text=_NAME_EMPTY, values={"holder": transfer.holder}))
    most = column.width or column.most
    if most and len(text) > most:
        raise Refused(
            "Referensi atau nomor rekening lebih panjang dari {most} huruf, sebanyak yang diterima"
            " bank. Pilih bentuk berkas lain.",
            most=most,
        )
    if not column.width:
        return text
    is_number = column.field in _NUMBERS and column.field != "reference"
    return text.rjust(column.width, column.pad) if is_number else text.ljust(column.width)


def _raw(column: Column, layout: Layout, order: Order, transfer: Transfer | None) -> str:
    of_file: dict[str, Callable[[], str]] = {
        "day": lambda: order.day.strftime(column.format),
        "batch": lambda: f"{order.number:02d}",
        "debit_account": lambda: order.debit_account,
        "count": lambda: str(len(order.transfers)),
        "total": lambda: _amount(order.total_idr, column.decimals),
    }
    if column.field in of_file:
        return of_file[column.field]()
    assert transfer is not None
    of_transfer: dict[str, Callable[[], str]] = {
        "reference": lambda: transfer.reference,
        "account": lambda: _account(transfer),
        "holder": lambda: transfer.holder,
        "bank": lambda: transfer.bank,
        "bank_code": lambda: _bank(layout, transfer).code,
        "service": lambda: _bank(layout, transfer).service,
        "amount": lambda: _amount(transfer.amount_idr, column.decimals),
        "remark": lambda: layout.remark,
    }
    return of_transfer[column.field]()


def _account(transfer: Transfer) -> str:
    if not (transfer.account.isascii() and transfer.account.isdigit()):
        raise Refused("Nomor rekening tujuan harus berisi angka saja. Perbaiki rekening agennya.")
    return transfer.account


def _amount(amount_idr: int, decimals: int) -> str:
    if amount_idr <= 0:
        raise Invalid("Jumlah transfer harus lebih dari nol.")
    return f"{amount_idr}.{'0' * decimals}" if decimals else str(amount_idr)


def _bank(layout: Layout, transfer: Transfer) -> Bank:
    """The bank of a layout with exactly that name; another bank may have a part of it."""
    words = plain(transfer.bank, allowed="A-Za-z0-9 ", upper=True).split()
    name = " ".join(word for word in words if word not in _OF_NO_BANK)
    if name not in layout.banks:
        raise Refused(
            "Bank {bank} tidak ada di bentuk berkas {label}. Pilih bentuk berkas lain.",
            bank=transfer.bank,
            label=layout.label,
        )
    return layout.banks[name]


def _text(layout: Layout, records: Sequence[Sequence[str]]) -> str:
    if layout.format == "fixed":
        return "".join("".join(record) + layout.line_end for record in records)
    if not layout.quoted:
        lines = (layout.delimiter.join(record) for record in records)
        return "".join(line + layout.line_end for line in lines)
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=layout.delimiter,
        lineterminator=layout.line_end,
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows(records)
    return text.getvalue()
