"""Words for memberships, and sentences for what the audit trail recorded about a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from agentsys.data_rights.models import DataRequestKind
from agentsys.memberships.queries import Membership, Standing
from agentsys.web.texts import day, lazy, month, rp
from agentsys.web.workers.change_words import changed_line
from agentsys.workers.kinds import CloseReason, EndReason, RegisteredHow

END_REASONS = {
    EndReason.LAPSED: lazy("Menunggak lebih dari 3 bulan"),
    EndReason.WISHED: lazy("Pekerja ingin berhenti"),
    EndReason.DIED: lazy("Meninggal"),
    EndReason.WAGE_EARNER: lazy("Sudah menerima upah (PU)"),
    EndReason.MOVED: lazy("Pindah"),
    EndReason.JHT_CLAIMED: lazy("JHT sudah diambil"),
    EndReason.TOO_OLD: lazy("Melewati batas usia"),
    EndReason.DUPLICATE: lazy("Tercatat dua kali"),
    EndReason.SPONSOR_ENDED: lazy("Tidak dibayari sponsor lagi"),
    EndReason.CHANGED: lazy("Program atau pembayar berganti"),
    EndReason.UNKNOWN: lazy("Alasan tidak dicatat"),
}
CLOSE_REASONS = {CloseReason(reason.value): words for reason, words in END_REASONS.items()} | {
    CloseReason.PAID_ELSEWHERE: lazy("Dibayar di tempat lain"),
}
HOW = {
    RegisteredHow.PORTAL: lazy("Portal BPJS"),
    RegisteredHow.LIST: lazy("Daftar atau jawaban BPJS"),
    RegisteredHow.ELSEWHERE: lazy("Pekerja sendiri, misalnya JMO"),
    RegisteredHow.PAID: lazy("Iurannya sudah LUNAS di BPJS"),
    RegisteredHow.UNKNOWN: lazy("Sudah diketahui sebelumnya"),
}
DATA_REQUESTS = {
    DataRequestKind.COPY: lazy("Salinan data"),
    DataRequestKind.CORRECTION: lazy("Perbaikan data"),
    DataRequestKind.WITHDRAWAL: lazy("Penarikan persetujuan"),
    DataRequestKind.ERASURE: lazy("Penghapusan data"),
}


def explained(membership: Membership) -> str:
    """What a standing means for this worker, and what comes next."""
    return _MEANS[membership.standing](membership)


def _paid_until(membership: Membership) -> str:
    until = membership.coverage.paid_until
    return day(until) if until else "-"


def _ended(membership: Membership) -> str:
    assert membership.until_month is not None
    reason = END_REASONS[membership.end_reason or EndReason.UNKNOWN]
    if membership.end_reason in (EndReason.DIED, EndReason.DUPLICATE):
        return _("%(reason)s. Tidak ditagih lagi.", reason=reason)
    return _(
        "%(reason)s. Sejak %(month)s tidak ditagih lagi.",
        reason=reason,
        month=month(membership.until_month),
    )


_MEANS: dict[Standing, Callable[[Membership], str]] = {
    Standing.CANDIDATE: lambda _m: _("Datanya tersimpan, tetapi kepesertaannya belum mulai."),
    Standing.RECORDED: lambda _m: _(
        "Tercatat di kantor ini. Kantor belum mendaftarkannya ke BPJS."
    ),
    Standing.REFUSED: lambda m: _("BPJS menolak datanya: %(why)s", why=m.registration_note),
    Standing.REGISTERED: lambda _m: _("Terdaftar di BPJS. Belum ada iuran yang dinyatakan LUNAS."),
    Standing.ACTIVE: lambda m: _("LUNAS di BPJS sampai %(day)s.", day=_paid_until(m)),
    Standing.ARREARS: lambda m: _(
        "Menunggak %(months)d bulan: LUNAS di BPJS sampai %(day)s.",
        months=m.months_late,
        day=_paid_until(m),
    ),
    Standing.LAPSING: lambda _m: _(
        "Menunggak lebih dari 3 bulan. Kepesertaannya ditutup malam ini."
    ),
    Standing.ENDED: _ended,
}


def _month(details: Mapping[str, Any], name: str) -> str:
    return month(date.fromisoformat(str(details[name])))


def _months(details: Mapping[str, Any]) -> str:
    first, last = _month(details, "from_month"), _month(details, "last_month")
    return first if first == last else f"{first} – {last}"


def _assigned(details: Mapping[str, Any]) -> str:
    if "to" not in details:
        return _("Pindah agen mulai %(month)s", month=_month(details, "month"))
    return _(
        "Pindah dari %(old)s ke %(new)s mulai %(month)s. %(why)s",
        old=details["from"],
        new=details["to"],
        month=_month(details, "month"),
        why=details["reason"],
    )


_SAID: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "worker.enrolled": lambda d: _("Didaftarkan mulai %(month)s", month=_month(d, "month")),
    "worker.assigned": _assigned,
    "worker.assigned_back": lambda d: _(
        "Kembali ke %(to)s: serah terima dibatalkan. %(why)s", to=d["to"], why=d["reason"]
    ),
    "worker.bpu_answered": lambda _d: _("Jawaban BPJS tentang NIK dicatat"),
    "worker.registered": lambda d: _("Terdaftar di BPJS, KPJ %(kpj)s", kpj=d["kpj"]),
    "registration.refused": lambda d: _("Ditolak BPJS: %(why)s", why=d["reason"]),
    "registration.corrected": lambda _d: _("Data diperbaiki, menunggu didaftarkan lagi"),
    "membership.ended": lambda d: _(
        "Kepesertaan berakhir: %(reason)s. Bukti: %(note)s",
        reason=END_REASONS[EndReason(d["reason"])],
        note=d["note"],
    ),
    "membership.resumed": lambda d: _(
        "Kepesertaan aktif lagi mulai %(month)s", month=_month(d, "from_month")
    ),
    "data_request.asked": lambda d: _(
        "Permintaan dicatat: %(kind)s. %(note)s",
        kind=DATA_REQUESTS[DataRequestKind(d["kind"])],
        note=d["note"],
    ),
    "data_request.done": lambda d: _(
        "Permintaan dilakukan: %(kind)s. %(note)s",
        kind=DATA_REQUESTS[DataRequestKind(d["kind"])],
        note=d["note"],
    ),
    "data_request.refused": lambda d: _(
        "Permintaan ditolak: %(kind)s. %(note)s",
        kind=DATA_REQUESTS[DataRequestKind(d["kind"])],
        note=d["note"],
    ),
    "consent.given": lambda d: _("Persetujuan data dicatat. %(note)s", note=d["note"]),
    "consent.withdrawn": lambda d: _("Persetujuan data ditarik. %(note)s", note=d["note"]),
    "data.erased": lambda _d: _("Data pribadi dihapus"),
    "worker.changed": lambda d: _(
        "Data diubah: %(fields)s. Alasan: %(why)s", fields=changed_line(d), why=d["reason"]
    ),
    "change.proposed": lambda d: _(
        "Perubahan diusulkan: %(fields)s. Alasan: %(why)s", fields=changed_line(d), why=d["reason"]
    ),
    "change.approved": lambda d: _("Perubahan disetujui: %(fields)s", fields=changed_line(d)),
    "change.planned": lambda d: _(
        "Perubahan disetujui, berlaku mulai %(month)s: %(fields)s",
        month=_month(d, "from_month"),
        fields=changed_line(d),
    ),
    "change.made": lambda d: _(
        "Perubahan yang direncanakan berlaku: %(fields)s", fields=changed_line(d)
    ),
    "change.cancelled": lambda d: _(
        "Rencana perubahan dibatalkan: %(fields)s. Alasan: %(why)s",
        fields=changed_line(d),
        why=d["note"],
    ),
    "change.refused": lambda d: _(
        "Usul perubahan ditolak: %(fields)s. Alasan: %(why)s", fields=changed_line(d), why=d["note"]
    ),
    "change.withdrawn": lambda d: _("Usul perubahan ditarik: %(fields)s", fields=changed_line(d)),
    "duplicate.different": lambda d: _(
        "Bukan orang yang sama dengan pekerja nomor %(other)s: %(why)s",
        other=d["other"],
        why=d["reason"],
    ),
    "duplicate.reopened": lambda d: _(
        "Diperiksa lagi: mungkin sama dengan pekerja nomor %(other)s", other=d["other"]
    ),
    "merge.proposed": lambda d: _(
        "Diusulkan digabung dengan pekerja nomor %(other)s: %(why)s",
        other=d["other"],
        why=d["reason"],
    ),
    "merge.done": lambda d: _(
        "Digabung dengan pekerja nomor %(other)s; yang tetap: nomor %(kept)s. %(why)s",
        other=d["other"],
        kept=d["kept"],
        why=d["reason"],
    ),
    "merge.refused": lambda d: _(
        "Usul menggabung dengan pekerja nomor %(other)s ditolak: %(why)s",
        other=d["other"],
        why=d["note"],
    ),
    "merge.withdrawn": lambda d: _(
        "Usul menggabung dengan pekerja nomor %(other)s ditarik", other=d["other"]
    ),
    "merge.undone": lambda d: _(
        "Gabungan dengan pekerja nomor %(other)s dibatalkan: %(why)s",
        other=d["other"],
        why=d["reason"],
    ),
    "heir.recorded": lambda _d: _("Ahli waris dicatat"),
    "heir.removed": lambda _d: _("Ahli waris dihapus"),
    "claim.reported": lambda _d: _("Klaim ke BPJS dibuka"),
    "claim.papers": lambda _d: _("Berkas klaim diserahkan ke BPJS"),
    "claim.paid": lambda d: _("Klaim dibayar BPJS: %(sum)s", sum=rp(int(d["amount_idr"]))),
    "claim.refused": lambda d: _("Klaim ditolak BPJS: %(why)s", why=d["note"]),
    "claim.dropped": lambda d: _("Klaim tidak dilanjutkan: %(why)s", why=d["note"]),
    "earlier_months.proposed": lambda d: _(
        "Dicatat dibayar di tempat lain: %(months)s. Bukti: %(note)s",
        months=_months(d),
        note=d["note"],
    ),
    "earlier_months.counted": lambda d: _(
        "Bulan yang dibayar di tempat lain dihitung: %(months)s", months=_months(d)
    ),
    "earlier_months.refused": lambda d: _(
        "Bulan yang dibayar di tempat lain ditolak: %(months)s. %(note)s",
        months=_months(d),
        note=d["note"],
    ),
    "earlier_months.retracting": lambda d: _(
        "Diminta ditarik, dibayar di tempat lain: %(months)s. %(note)s",
        months=_months(d),
        note=d["note"],
    ),
    "earlier_months.taken_back": lambda d: _(
        "Ditarik kembali, dibayar di tempat lain: %(months)s", months=_months(d)
    ),
    "nik.revealed": lambda _d: _("NIK lengkap dilihat"),
    "pay_links.withdrawn": lambda _d: _("Tautan bayar ditarik"),
    "own_links.withdrawn": lambda _d: _("Tautan halaman pekerja ditarik"),
    "page_code.made": lambda _d: _("Kode halaman pekerja dibuat"),
    "mandate.invited": lambda _d: _("Diajak memakai debit otomatis"),
    "notice.confirmed": lambda _d: _("Pemberitahuan debit disampaikan"),
}
KNOWN = frozenset(_SAID)


def told(action: str, details: Mapping[str, Any]) -> str:
    """One line for a recorded action; its name where nothing better is known."""
    sentence = _SAID.get(action)
    return sentence(details) if sentence else action
