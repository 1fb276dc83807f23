"""Words for kinds of sponsors, prices and reasons, and the tabs between their lists."""

from __future__ import annotations

from typing import Any

from flask import url_for

from agentsys.agreements.kinds import (
    Certainty,
    FactKind,
    LeaveReason,
    PriceBasis,
    SponsorKind,
)
from agentsys.web.texts import lazy

KINDS = {
    SponsorKind.STATE: lazy("Negara (APBN)"),
    SponsorKind.PROVINCE: lazy("Provinsi (APBD)"),
    SponsorKind.CITY: lazy("Kota/kabupaten (APBD)"),
    SponsorKind.VILLAGE: lazy("Desa (APBDes)"),
    SponsorKind.COMPANY: lazy("Perusahaan (CSR)"),
    SponsorKind.BANK: lazy("Bank"),
    SponsorKind.PLATFORM: lazy("Platform"),
    SponsorKind.DONOR: lazy("Donatur"),
}
PRICES = {
    PriceBasis.LOWEST: lazy("Penghasilan terendah dalam tabel"),
    PriceBasis.INCOME: lazy("Penghasilan tiap pekerja"),
}
REASONS = {
    LeaveReason.DIED: lazy("Meninggal dunia"),
    LeaveReason.MOVED: lazy("Pindah daerah"),
    LeaveReason.WAGE_EARNER: lazy("Menjadi pekerja penerima upah"),
    LeaveReason.DOUBLED: lazy("Tercatat dua kali"),
    LeaveReason.OFF_LIST: lazy("Tidak ada dalam daftar baru"),
    LeaveReason.NOT_ELIGIBLE: lazy("Tidak memenuhi syarat lagi"),
    LeaveReason.OWN_WISH: lazy("Mau membayar sendiri"),
    LeaveReason.ENDED: lazy("Perjanjian berakhir"),
    LeaveReason.UNDONE: lazy("Daftarnya dibatalkan"),
}
_LISTS = {
    "sponsors.index": lazy("Perjanjian"),
    "sponsors.bills": lazy("Tagihan"),
    "sponsors.payers": lazy("Sponsor"),
    "sponsors.fact_lists": lazy("Data kelayakan"),
}
FACTS = {
    FactKind.DECILE: lazy("Desil kesejahteraan"),
    FactKind.POOR: lazy("Dalam daftar miskin"),
    FactKind.OCCUPATION: lazy("Kelas pekerjaan"),
}
CERTAINTIES = {
    Certainty.SURE: lazy("Pasti: dari registernya sendiri"),
    Certainty.LIKELY: lazy("Kemungkinan besar: laporan kelurahan atau dinas"),
    Certainty.DOUBTFUL: lazy("Belum pasti: pengakuan atau data lama"),
}


def list_tabs(here: str) -> list[dict[str, Any]]:
    """The tabs of the lists of sponsors, for the macro."""
    return [
        {"label": label, "url": url_for(endpoint), "current": endpoint == here}
        for endpoint, label in _LISTS.items()
    ]


def price_words(basis: PriceBasis) -> str:
    """How an agreement prices its months."""
    return str(PRICES[basis])
