"""Words for the acts that the audit trail records, and where their objects are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import current_app, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_security import current_user

from agentsys.people.permissions import Permission
from agentsys.web.access import guard_of
from agentsys.web.texts import lazy, month, rp
from agentsys.web.trail_facts import FACTS
from agentsys.web.trail_words_pay import PAY_AREAS, PAY_DONE, Area
from agentsys.web.workers import words as worker_words

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])(?:-01)?", re.ASCII)
_LONGEST = 80  # letters of one detail


# By the first part of the act's name, and of the subject.
AREAS: Mapping[str, Area] = {
    **PAY_AREAS,
    "worker": Area(lazy("Pekerja"), "workers.show", "worker_id"),
    "workers": Area(lazy("Pekerja")),
    "change": Area(lazy("Usul perubahan")),
    "duplicate": Area(lazy("Orang yang sama?")),
    "merge": Area(lazy("Gabungan catatan")),
    "membership": Area(lazy("Kepesertaan")),
    "registration": Area(lazy("Pendaftaran ke BPJS")),
    "consent": Area(lazy("Persetujuan data")),
    "data": Area(lazy("Data pribadi")),
    "data_request": Area(lazy("Permintaan tentang data pribadi")),
    "nik": Area(lazy("NIK lengkap")),
    "page_code": Area(lazy("Kode halaman pekerja")),
    "own_links": Area(lazy("Tautan halaman pekerja")),
    "pay_links": Area(lazy("Tautan bayar")),
    "mandate": Area(lazy("Kuasa debit otomatis")),
    "notice": Area(lazy("Pemberitahuan debit")),
    "debits": Area(lazy("Debit otomatis")),
    "payment": Area(lazy("Pembayaran"), "finance.payment", "payment_id"),
    "cash": Area(lazy("Uang tunai agen")),
    "deposit": Area(lazy("Setoran agen")),
    "destruction": Area(lazy("Penghapusan data")),
    "remittance": Area(lazy("Setoran ke BPJS"), "finance.remittance", "remittance_id"),
    "difference": Area(lazy("Selisih dengan BPJS")),
    "contribution": Area(lazy("Iuran")),
    "contributions": Area(lazy("Penagihan bulanan")),
    "commission": Area(lazy("Komisi")),
    "commissions": Area(lazy("Hitung komisi")),
    "statement": Area(lazy("Komisi"), "supervisor.statement", "statement_id"),
    "refund": Area(lazy("Pengembalian")),
    "reversal": Area(lazy("Pembatalan kuitansi")),
    "deduction": Area(lazy("Potongan komisi")),
    "correction": Area(lazy("Koreksi")),
    "transfer": Area(lazy("Pemindahbukuan")),
    "payout": Area(lazy("Pencairan gateway")),
    "own_funds": Area(lazy("Uang kantor sendiri")),
    "unexplained": Area(lazy("Uang yang belum jelas")),
    "bank": Area(lazy("Rekening bank")),
    "bank_account": Area(lazy("Rekening mutasi"), "finance.statement_lines", "bank_account_id"),
    "bank_file": Area(lazy("Berkas mutasi"), "finance.statement_file", "bank_file_id"),
    "bank_line": Area(lazy("Baris mutasi"), "finance.statement_line", "bank_line_id"),
    "bank_match": Area(lazy("Pencocokan mutasi")),
    "bank_issue": Area(lazy("Selisih mutasi"), "finance.bank_issue", "bank_issue_id"),
    "case": Area(lazy("Perlu diperiksa"), "finance.case", "case_id"),
    "callback": Area(lazy("Notifikasi gateway"), "finance.callback", "callback_id"),
    "channel": Area(lazy("Kanal pembayaran")),
    "group": Area(lazy("Kelompok pekerja"), "workers.group", "group_id"),
    "roster": Area(lazy("Daftar pekerja"), "supervisor.roster", "roster_id"),
    "list": Area(lazy("Daftar di layar")),
    "books": Area(lazy("Buku besar")),
    "work": Area(lazy("Kotak kerja")),
    "escalation": Area(lazy("Tenggat")),
    "report": Area(lazy("Laporan")),
    "target": Area(lazy("Target peserta")),
    "month": Area(lazy("Bulan")),
    "user": Area(lazy("Pengguna")),
    "sponsor": Area(lazy("Sponsor"), "sponsors.payer", "sponsor_id"),
    "agreement": Area(lazy("Perjanjian sponsor"), "sponsors.agreement", "agreement_id"),
    "list_version": Area(lazy("Daftar sponsor")),
    "holiday": Area(lazy("Hari libur")),
    "tariff": Area(lazy("Tabel iuran"), "tariffs.table", "tariff_id"),
    "billing": Area(lazy("Penagihan otomatis")),
    "closing": Area(lazy("Tutup bulan")),
    "fact_list": Area(lazy("Data kelayakan"), "sponsors.fact_list", "facts_id"),
    "bill": Area(lazy("Tagihan sponsor"), "sponsors.bill", "bill_id"),
    "sponsor_payment": Area(lazy("Transfer sponsor")),
    "handover": Area(lazy("Serah terima"), "supervisor.handover", "handover_id"),
    "kelurahan": Area(lazy("Agen per kelurahan")),
    "agent": Area(lazy("Agen"), "supervisor.agent", "agent_id"),
    "office": Area(lazy("Kantor"), "offices.change", "office_id"),
    "system": Area(lazy("Sistem")),
    "demo": Area(lazy("Demo")),
}
# By the second part of the act's name.
_DONE: Mapping[str, LazyString] = {
    **PAY_DONE,
    "accepted": lazy("Disetujui kantor penerima"),
    "account_approved": lazy("Rekening disetujui"),
    "account_proposed": lazy("Rekening diusulkan"),
    "account_refused": lazy("Usul rekening ditolak"),
    "account_stopped": lazy("Perubahan rekening dihentikan agen"),
    "account_withdrawn": lazy("Usul rekening ditarik"),
    "appointed": lazy("Diangkat"),
    "added": lazy("Ditambah"),
    "applied": lazy("Diterapkan"),
    "begun": lazy("Dimulai"),
    "end_announced": lazy("Akhirnya diumumkan"),
    "end_taken_back": lazy("Pengumuman akhir ditarik"),
    "counted": lazy("Dihitung"),
    "evidence_added": lazy("Bukti ditambah"),
    "finished": lazy("Selesai"),
    "named": lazy("Dimasukkan ke daftar"),
    "removed": lazy("Dikeluarkan"),
    "replaced": lazy("Diganti"),
    "sent": lazy("Dikirim"),
    "waiting": lazy("Menunggu orang kedua"),
    "undone": lazy("Dibatalkan"),
    "unscheduled": lazy("Jadwal dihapus"),
    "approved": lazy("Disetujui"),
    "asked": lazy("Ditanyakan ke penyedia"),
    "assigned": lazy("Pindah agen"),
    "billed": lazy("Ditagih"),
    "booked": lazy("Dibukukan"),
    "bpu_answered": lazy("Jawaban BPJS dicatat"),
    "cancelled": lazy("Dibatalkan"),
    "dropped": lazy("Dibuang"),
    "credit_used": lazy("Sisa dipakai"),
    "criterion_set": lazy("Syarat diubah"),
    "ineligible_ended": lazy("Akhir diumumkan kepada yang kehilangan syarat"),
    "changed": lazy("Diubah"),
    "checked": lazy("Diperiksa"),
    "closed": lazy("Ditutup"),
    "coded": lazy("Kode iuran dicatat"),
    "columns_confirmed": lazy("Kolom dicocokkan"),
    "commanded": lazy("Dikerjakan lewat perintah"),
    "computed": lazy("Dihitung"),
    "confirmed": lazy("Dipastikan"),
    "corrected": lazy("Diperbaiki"),
    "day_changed": lazy("Tanggal debit diubah"),
    "declared": lazy("Dilaporkan"),
    "divided": lazy("Dibagi per pekerja"),
    "done": lazy("Dijalankan"),
    "ended": lazy("Diakhiri"),
    "enrolled": lazy("Didaftarkan"),
    "entered": lazy("Dicatat"),
    "explained": lazy("Dijelaskan"),
    "exported": lazy("Diunduh"),
    "failed": lazy("Gagal"),
    "given": lazy("Diberikan"),
    "handed_over": lazy("Diserahkan"),
    "handled": lazy("Ditandai beres"),
    "held": lazy("Ditahan"),
    "imported": lazy("Dimasukkan"),
    "invited": lazy("Diajak"),
    "joined": lazy("Bergabung"),
    "kept": lazy("Dipertahankan"),
    "left_out": lazy("Sebagian tidak ikut"),
    "listed": lazy("Dicatat dari daftar"),
    "locked": lazy("Dikunci sementara"),
    "made": lazy("Dibuat"),
    "merged": lazy("Digabungkan"),
    "split": lazy("Dipisahkan"),
    "mapped": lazy("Kolom dicocokkan"),
    "opened": lazy("Dibuka"),
    "paper_recorded": lazy("Surat dicatat"),
    "password_changed": lazy("Kata sandi diganti sendiri"),
    "password_renewed": lazy("Kata sandi diganti oleh admin"),
    "paused": lazy("Dijeda"),
    "planned": lazy("Dijadwalkan"),
    "proposed": lazy("Diusulkan"),
    "received": lazy("Uang diterima"),
    "recorded": lazy("Dicatat"),
    "refused": lazy("Ditolak"),
    "registered": lazy("Terdaftar di BPJS"),
    "rejects_downloaded": lazy("Baris yang ditolak diunduh"),
    "released": lazy("Dilepas"),
    "replayed": lazy("Diproses ulang"),
    "restored": lazy("Data dikembalikan"),
    "resumed": lazy("Diaktifkan lagi"),
    "returned": lazy("Dikembalikan"),
    "revealed": lazy("Dilihat"),
    "revoked": lazy("Dicabut"),
    "roles_changed": lazy("Peran diganti"),
    "scan_opened": lazy("Pindaian dibuka"),
    "scheduled": lazy("Dijadwalkan tiap bulan"),
    "reopened": lazy("Dibuka lagi"),
    "sealed": lazy("Disegel"),
    "searched": lazy("Dicari"),
    "seeded": lazy("Diisi"),
    "sessions_ended": lazy("Dikeluarkan dari perangkat lain"),
    "set": lazy("Diatur"),
    "set_up": lazy("Disiapkan"),
    "signed_in": lazy("Masuk"),
    "step_recorded": lazy("Langkah dicatat"),
    "stopped": lazy("Dihentikan"),
    "submitted": lazy("Diajukan"),
    "substitute_ended": lazy("Penggantian selama cuti diakhiri"),
    "substitute_set": lazy("Pengganti selama cuti dicatat"),
    "tried": lazy("Dicoba"),
    "undo_asked": lazy("Penarikan diminta"),
    "uploaded": lazy("Diunggah"),
    "withdrawn": lazy("Ditarik"),
}

# Of no use to a reader: hashes, and numbers of rows.
_HIDDEN = frozenset(
    {"agent_id", "bytes", "lines", "office_id", "run_id", "seed", "settlement", "sha256"}
)


def has_words(action: str) -> bool:
    """Whether there are words for an act of this name."""
    area, _, done = action.partition(".")
    return action in worker_words.KNOWN or (area in AREAS and done in _DONE)


def act(action: str, details: Mapping[str, Any]) -> str:
    """What was done, as a sentence where there is one; its name where nothing is known."""
    if action in worker_words.KNOWN:
        return worker_words.told(action, details)
    done = _DONE.get(action.partition(".")[2])
    return str(done) if done else action


def area_of(action: str) -> str:
    """What an act is about."""
    name = action.partition(".")[0]
    return str(AREAS[name].label) if name in AREAS else name


def about(subject: str) -> tuple[str, str]:
    """The object of an act as a person reads it, and its page if the user may open it."""
    kind, _, key = subject.partition(":")
    area = AREAS.get(kind)
    text = f"{area.label} {key}".strip() if area else subject
    if area and area.endpoint and key.isdecimal() and _opens(area.endpoint):
        values: dict[str, Any] = {area.argument: int(key)}
        return text, url_for(area.endpoint, **values)
    return text, ""


def facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of an act, each with its name and value."""
    return [
        (str(FACTS.get(name, name.replace("_", " "))), _shown(name, value))
        for name, value in details.items()
        if name not in _HIDDEN and value not in (None, "", [], {})
    ]


def raw(details: Mapping[str, Any]) -> str:
    """All details as they are stored, for the spreadsheet."""
    return json.dumps(details, ensure_ascii=False) if details else ""


def _shown(name: str, value: Any) -> str:
    """A value as text; a value before and after as both."""
    if isinstance(value, list):
        text = (" → " if len(value) == 2 else ", ").join(_shown(name, each) for each in value)
    elif name.endswith("_idr") and isinstance(value, int):
        text = rp(value)
    elif _MONTH.fullmatch(str(value)):
        text = month(date.fromisoformat(f"{value[:7]}-01"))
    elif isinstance(value, bool):
        text = _("ya") if value else _("tidak")
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _opens(endpoint: str) -> bool:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    guard = guard_of(app, endpoint)
    return not isinstance(guard, Permission) or bool(current_user.can(guard))
