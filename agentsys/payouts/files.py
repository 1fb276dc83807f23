"""The bank's file of a batch, by its layout."""

from __future__ import annotations

import csv
import hashlib
import io

from agentsys.errors import Invalid
from agentsys.payouts.sending import Made, Order

GENERIC = "generic_csv"
LAYOUTS = (GENERIC,)
_HEADER = ("referensi", "bank", "nomor_rekening", "nama_pemilik", "jumlah_rupiah", "berita")


def check(layout: str) -> str:
    """The layout's name; Invalid if there is none of that name."""
    if layout not in LAYOUTS:
        raise Invalid("Pilih bentuk berkas dari daftar.", about="layout")
    return layout


def make(layout: str, order: Order) -> Made:
    """The file, with its name and SHA-256."""
    check(layout)
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    rows.writerow(_HEADER)
    for each in order.instructions:
        rows.writerow(
            (each.reference, each.bank, each.account, each.holder, each.amount_idr, "Komisi agen")
        )
    content = text.getvalue().encode()
    return Made(
        name=f"komisi-{order.day:%Y%m%d}-{order.number:02d}.csv",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )
