"""What was done about paying commissions, in words for the audit trail's page."""

from __future__ import annotations

from agentsys.web.texts import lazy

PAY_DONE = {
    "entrusted": lazy("Ditunjuk"),
    "file_opened": lazy("Berkas bank diunduh"),
    "matched": lazy("Cocok menurut kantor pajak"),
    "not_matched": lazy("Tidak cocok menurut kantor pajak"),
    "prepared": lazy("Disiapkan"),
    "slips_recorded": lazy("Nomor bukti potong dicatat"),
    "succeeded": lazy("Sampai di rekening agen"),
}
