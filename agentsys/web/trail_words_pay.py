"""What was done about paying commissions, in words for the audit trail's page."""

from __future__ import annotations

from agentsys.web.texts import lazy

PAY_AREAS = {
    "delegate": lazy("Wakil saat cuti"),
    "stage_rule": lazy("Aturan persetujuan"),
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
