"""Words of the closing of months: the checklist, and the lines of its report."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from agentsys.web.texts import lazy

# The checklist's titles stand in agentsys/closing/checklist.py; this collects them for translation.
TITLES = (
    lazy("Setoran agen belum dikonfirmasi"),
    lazy("Setoran ke BPJS belum LUNAS"),
    lazy("Hal yang perlu diperiksa"),
    lazy("Uang yang ditahan, belum jelas"),
    lazy("Transfer menunggu orang kedua"),
    lazy("Pengembalian belum selesai"),
    lazy("Notifikasi gateway belum diproses"),
    lazy("Mutasi rekening belum cocok"),
    lazy("Pencocokan tiga arah belum cocok"),
    lazy("Pemeriksaan buku sesudah akhir bulan"),
)

# The lines of the comparison in reports that were sealed before the three-way match.
MATCHED: Mapping[str, LazyString] = {
    "gateway": lazy("Dibayar lewat gateway"),
    "cash": lazy("Dibayar tunai ke agen"),
    "bank": lazy("Dibayar sponsor ke rekening"),
    "deposits": lazy("Setoran tunai yang dikonfirmasi"),
    "bpjs": lazy("LUNAS di BPJS"),
    "owed": lazy("Belum LUNAS di BPJS pada akhir bulan"),
}
