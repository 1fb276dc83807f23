"""A worker's copy of personal data, for people to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import LazyString

from agentsys import clock
from agentsys.web.texts import lazy
from agentsys.workers.queries import WorkerProfile

_PERSON: Mapping[str, LazyString] = {
    "name": lazy("Nama"),
    "nik": lazy("NIK"),
    "kk": lazy("Nomor KK"),
    "kpj": lazy("Nomor KPJ"),
    "birth_place": lazy("Tempat lahir"),
    "birth_date": lazy("Tanggal lahir"),
    "sex": lazy("Jenis kelamin"),
    "phone": lazy("Nomor HP"),
    "address": lazy("Alamat"),
    "kelurahan": lazy("Kelurahan"),
    "kecamatan": lazy("Kecamatan"),
    "job": lazy("Pekerjaan"),
    "business": lazy("Usaha"),
    "sector": lazy("Sektor"),
    "income_idr": lazy("Penghasilan (Rp)"),
    "ecosystem": lazy("Ekosistem"),
    "group": lazy("Kelompok"),
    "new_to_bpu": lazy("Baru bagi BPU"),
    "registration": lazy("Pendaftaran ke BPJS"),
    "registered_on": lazy("Terdaftar di BPJS"),
    "registration_note": lazy("Alasan BPJS menolak"),
    "consent_text": lazy("Versi naskah"),
    "consent_at": lazy("Persetujuan data"),
    "consent_withdrawn_at": lazy("Persetujuan ditarik"),
    "created_at": lazy("Dicatat"),
    "updated_at": lazy("Diubah"),
}
# By table.
TITLES: Mapping[str, LazyString] = {
    "assignments": lazy("Agen, dari bulan ke bulan"),
    "cases": lazy("Yang diperiksa pada pembayaran"),
    "claims": lazy("Klaim ke BPJS"),
    "closed_contributions": lazy("Tagihan yang ditutup"),
    "contributions": lazy("Iuran per bulan"),
    "data_requests": lazy("Permintaan tentang data pribadi"),
    "debit_months": lazy("Bulan dalam debit otomatis"),
    "debit_tries": lazy("Percobaan debit otomatis"),
    "debits": lazy("Debit otomatis"),
    "duplicate_checks": lazy("Akan dibandingkan"),
    "duplicate_pairs": lazy("Mungkin orang yang sama"),
    "earlier_periods": lazy("Bulan yang dibayar di tempat lain"),
    "earlier_niks": lazy("NIK sebelumnya"),
    "enrolments": lazy("Kepesertaan"),
    "agreement_members": lazy("Sponsor yang membayar"),
    "version_people": lazy("Daftar sponsor"),
    "events": lazy("Kejadian"),
    "handover_workers": lazy("Serah terima"),
    "handover_picks": lazy("Pilihan untuk serah terima"),
    "heirs": lazy("Ahli waris"),
    "listed_debits": lazy("Debit dalam daftar harian"),
    "mandate_moves": lazy("Perubahan kuasa debit"),
    "mandate_workers": lazy("Kuasa debit untuk pekerja ini"),
    "mandates": lazy("Kuasa debit otomatis"),
    "notices": lazy("Pemberitahuan debit"),
    "page_codes": lazy("Kode halaman pekerja"),
    "pay_links": lazy("Tautan bayar"),
    "payment_attempts": lazy("Percobaan pembayaran"),
    "payment_months": lazy("Bulan dalam pembayaran"),
    "payment_moves": lazy("Perubahan pembayaran"),
    "payments": lazy("Pembayaran"),
    "planned_prices": lazy("Iuran yang direncanakan"),
    "receipts": lazy("Kuitansi"),
    "refunds": lazy("Pengembalian"),
    "cash_reversals": lazy("Pembatalan kuitansi"),
    "roster_changes": lazy("Perubahan oleh daftar"),
    "commission_carried": lazy("Komisi yang ditarik kembali"),
    "statement_lines": lazy("Komisi atas iurannya"),
    "remittance_refusals": lazy("Iuran yang ditolak BPJS"),
    "remittance_differences": lazy("Selisih iuran dengan BPJS"),
    "transfers": lazy("Transfer dengan pekerja"),
    "worker_merges": lazy("Gabungan dengan catatan lain"),
    "worker_facts": lazy("Data kelayakan"),
    "worker_changes": lazy("Usul perubahan"),
}


def printed(found: WorkerProfile, content: Mapping[str, Any]) -> str:
    """The page to print, of what `data_rights.copying.copy_of` gives."""
    person = content["person"]
    records = [*content["records"].items(), ("audit_trail", content["audit_trail"])]
    return render_template(
        "workers/data_copy.html",
        name=found.name,
        office_name=found.office_name,
        person=[(label, _text(person.get(name))) for name, label in _PERSON.items()],
        records=[
            {"title": TITLES.get(name, lazy("Jejak audit")), "rows": [_row(row) for row in rows]}
            for name, rows in records
            if rows
        ],
        made_at=clock.now(),
    )


def _row(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " "), _text(value))
        for name, value in row.items()
        if name not in ("id", "worker_id") and value not in (None, "", [], {})
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
