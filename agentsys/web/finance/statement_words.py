"""Words for what lines of statements are, and links to the records they show."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_security import current_user

from agentsys.people.permissions import Permission
from agentsys.statements.bank_messages import TITLES
from agentsys.statements.layouts import GENERIC, layouts
from agentsys.statements.lines import said_sen
from agentsys.statements.models import FileState, IssueKind, ThingKind
from agentsys.web.texts import lazy

KINDS: dict[ThingKind, Any] = {
    ThingKind.DEPOSIT: lazy("Setoran agen"),
    ThingKind.SPONSOR_PAYMENT: lazy("Transfer sponsor"),
    ThingKind.PAYOUT: lazy("Pencairan gateway"),
    ThingKind.REMITTANCE: lazy("Setoran ke BPJS"),
    ThingKind.TRANSFER: lazy("Transfer dengan pekerja"),
    ThingKind.PAYMENT: lazy("Pembayaran"),
    ThingKind.OWN_FUNDS: lazy("Uang kantor sendiri"),
    ThingKind.SETTLEMENT: lazy("Penyelesaian selisih BPJS"),
    ThingKind.PAID_AGAIN: lazy("Setoran BPJS dibayar dua kali"),
}
ISSUES: dict[IssueKind, Any] = {
    IssueKind.SHORT: lazy("Kurang"),
    IssueKind.OVER: lazy("Lebih"),
    IssueKind.DOUBLE: lazy("Dobel"),
    IssueKind.UNKNOWN_PAYER: lazy("Pengirim tak dikenal"),
    IssueKind.UNKNOWN_DEBIT: lazy("Uang keluar tak dikenal"),
    IssueKind.FEE_DIFFERENCE: lazy("Selisih biaya"),
    IssueKind.NO_ORDER: lazy("Tanpa pesanan"),
    IssueKind.AMBIGUOUS: lazy("Beberapa catatan cocok"),
    IssueKind.NOT_SETTLED: lazy("Lunas di sini, tidak ada di laporan gateway"),
    IssueKind.NOT_COLLECTED: lazy("Dikonfirmasi, tidak ada di mutasi"),
}
STATES: dict[FileState, Any] = {
    FileState.MAPPING: lazy("Kolom belum dipilih"),
    FileState.WAITING: lazy("Sedang dibaca"),
    FileState.DONE: lazy("Selesai"),
    FileState.REFUSED: lazy("Ditolak"),
}
HOLDS: dict[str, Any] = {
    "": lazy("Tidak dibaca"),
    "date": lazy("Tanggal"),
    "text": lazy("Keterangan"),
    "reference": lazy("Nomor referensi"),
    "amount": lazy("Jumlah"),
    "mark": lazy("Tanda DB/CR"),
    "debit": lazy("Debit (keluar)"),
    "credit": lazy("Kredit (masuk)"),
    "balance": lazy("Saldo"),
    "fee": lazy("Biaya"),
    "tax": lazy("PPN atas biaya"),
    "net": lazy("Jumlah bersih"),
}


def layout_title(name: str) -> str:
    """The title of a layout; empty for none."""
    if name == GENERIC:
        return str(lazy("Kolom dipilih sendiri"))
    found = layouts().get(name)
    return found.title if found else TITLES.get(name, "")


def signed(amount_idr: int, sen: int) -> str:
    """The sum of a line, with its hundredths if it has any."""
    return said_sen(amount_idr * 100 + sen)


def record_url(kind: ThingKind | None, thing_id: int | None) -> str:
    """The page of a record, for who may open it; empty otherwise."""
    if kind is None or thing_id is None:
        return ""
    if kind is ThingKind.REMITTANCE and current_user.can(Permission.REMITTANCE_READ):
        return url_for("finance.remittance", remittance_id=thing_id)
    if kind is ThingKind.PAYMENT and current_user.can(Permission.PAYMENT_READ):
        return url_for("finance.payment", payment_id=thing_id)
    return ""
