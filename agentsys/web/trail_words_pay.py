"""What was done about paying commissions, in words for the audit trail's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString

from agentsys.web.texts import lazy


@dataclass(frozen=True)
class Area:
    """The first part of an act's name: what it is about."""

    label: LazyString
    endpoint: str = ""  # the page of one object
    argument: str = ""


PAY_AREAS: Mapping[str, Area] = {
    "commission_receipt": Area(lazy("Insentif dari BPJS")),
    "commission_difference": Area(lazy("Selisih insentif BPJS")),
    "commission_terms": Area(lazy("Ketentuan komisi")),
    "commission_carried": Area(lazy("Koreksi komisi")),
    "commission_rates": Area(lazy("Aturan komisi"), "finance.commission_rates", "rates_id"),
    "payout_batch": Area(lazy("Bayar komisi"), "finance.payout", "payout_batch_id"),
    "payout_line": Area(lazy("Pembayaran ke agen")),
    "withholding": Area(lazy("Pajak komisi")),
    "npwp": Area(lazy("NPWP agen")),
    "delegate": Area(lazy("Wakil saat cuti")),
    "stage_rule": Area(lazy("Aturan persetujuan")),
}
PAY_DONE = {
    "entrusted": lazy("Ditunjuk"),
    "file_opened": lazy("Berkas bank diunduh"),
    "matched": lazy("Cocok menurut kantor pajak"),
    "not_matched": lazy("Tidak cocok menurut kantor pajak"),
    "prepared": lazy("Disiapkan"),
    "slips_recorded": lazy("Nomor bukti potong dicatat"),
    "stage_approved": lazy("Disetujui sebagian"),
    "succeeded": lazy("Sampai di rekening agen"),
}
