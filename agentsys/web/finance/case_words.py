"""Texts of cases: what each kind means, what to do, and what each decision does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from agentsys.extension.contract import PaymentState
from agentsys.payments.case_queries import CaseDetail
from agentsys.payments.models import CaseKind, Resolution
from agentsys.web.state_words import state_word
from agentsys.web.texts import rp, translated


def explanation(kind: CaseKind, facts: Mapping[str, Any] | None = None) -> str:
    """What happened."""
    if "merge" in (facts or {}):
        return _(
            "Bulan ini LUNAS di BPJS di dua catatan dari orang yang sama, yang kini digabung. BPJS"
            " menerima iurannya dua kali: minta kembali kepada BPJS, lalu tutup dengan catatan"
            " hasilnya."
        )
    found = {
        CaseKind.OTHER_AMOUNT: _(
            "Penyedia melaporkan jumlah yang berbeda dari tagihan. Uangnya ditahan, dan tagihan"
            " belum berubah."
        ),
        CaseKind.PAID_TWICE: _(
            "Bulan yang sudah dibayar dibayar lagi. Kelebihannya dicatat sebagai hak pekerja."
        ),
        CaseKind.PAID_AGAIN: _(
            "Penyedia menerima uang dua kali untuk satu tagihan; hanya yang pertama dibukukan."
        ),
        CaseKind.PAID_LATE: _(
            "Uang datang setelah tagihan kedaluwarsa atau gagal. Uangnya sudah dibukukan dan"
            " bulannya sudah terbayar."
        ),
        CaseKind.NO_CASH: _(
            "Agen membayar setoran setelah setorannya ditarik, dan titipan di tangannya sudah tidak"
            " sama dengan jumlah itu. Uangnya ditahan."
        ),
        CaseKind.UNKNOWN_ORDER: _(
            "Ada notifikasi tentang pembayaran yang tidak pernah dimulai di sini. Buku tidak"
            " berubah."
        ),
        CaseKind.REVERSED: _(
            "Penyedia sudah menyatakan lunas, lalu melaporkan batal. Iurannya tidak akan disetor"
            " ke BPJS sampai ini diputuskan."
        ),
        CaseKind.PAID_THOUGH_CANCELLED: _(
            "BPJS menyatakan LUNAS untuk kode iuran dari setoran yang sudah dibatalkan. Iurannya"
            " masih tercatat sebagai utang ke BPJS."
        ),
        CaseKind.REFUNDED_AFTER_REMITTED: _(
            "Pembayaran dikembalikan kepada pekerja, padahal iurannya sudah disetor ke BPJS."
        ),
        CaseKind.REFUNDED_AFTER_REPAID: _(
            "Penyedia mengembalikan pembayaran, padahal kelebihannya sudah kantor kembalikan dari"
            " rekening. Pekerja menerima uangnya dua kali."
        ),
    }
    return found[kind] if kind in found else _unclear(kind)


def _unclear(kind: CaseKind) -> str:
    return {
        CaseKind.CHANGED_AFTER_DECISION: _(
            "Kasus pembayaran ini sudah diputuskan, lalu penyedia melaporkan hal lain. Buku belum"
            " berubah, dan iurannya tidak akan disetor ke BPJS sampai ini diputuskan."
        ),
        CaseKind.UNCLEAR: _(
            "Penyedia melaporkan sesuatu yang hanya dapat dinilai orang. Uang dari tagihan yang"
            " belum lunas ditahan, dan iurannya tidak akan disetor ke BPJS sampai ini diputuskan."
            " Kalau penyedia memberi jawaban yang jelas, kasus ini tertutup sendiri."
        ),
        CaseKind.UNANSWERED: _(
            "Ada notifikasi tentang pembayaran ini, tetapi sudah lebih dari satu jam penyedia tidak"
            " menjawab dengan jelas. Pertanyaan diulang terus; begitu terjawab, kasus ini tertutup"
            " sendiri."
        ),
    }[kind]


def advice(kind: CaseKind) -> str:
    """What to do."""
    return {
        CaseKind.OTHER_AMOUNT: _(
            "Cocokkan jumlahnya di dasbor penyedia, lalu putuskan untuk siapa uang itu."
        ),
        CaseKind.PAID_TWICE: _(
            "Hubungi pekerja. Kelebihannya tercatat sebagai haknya; pengembaliannya dibukukan di"
            " Hak dan utang pekerja oleh dua orang."
        ),
        CaseKind.PAID_AGAIN: _(
            "Cocokkan kedua nomor di dasbor penyedia. Kalau uangnya memang masuk dua kali, ikuti"
            " penyedia: kelebihannya menjadi hak pekerja."
        ),
        CaseKind.PAID_LATE: _("Pastikan pekerja tidak membayar lagi dengan cara lain."),
        CaseKind.NO_CASH: _(
            "Hubungi agen. Kalau titipannya kini sama dengan jumlah ini, terima sebagai setoran;"
            " kalau tidak, kembalikan kepadanya."
        ),
        CaseKind.UNKNOWN_ORDER: _(
            "Tanyakan kepada penyedia dari mana pembayaran ini. Bisa jadi dari sistem lain yang"
            " memakai akun yang sama."
        ),
        CaseKind.REVERSED: _(
            "Periksa di dasbor penyedia. Kalau uangnya memang ditarik, batalkan pembayarannya."
        ),
        CaseKind.PAID_THOUGH_CANCELLED: _(
            "Jangan bayar iurannya lagi. Susun iuran yang sama, isi kode iuran yang sudah dibayar"
            " itu, lalu tempel hasilnya. Kalau sudah terlanjur dibayar dua kali, minta kembali"
            " kepada BPJS."
        ),
        CaseKind.REFUNDED_AFTER_REMITTED: _(
            "Hubungi pekerja: iuran itu kini menjadi piutang kantor dari pekerja."
        ),
        CaseKind.REFUNDED_AFTER_REPAID: _(
            "Hubungi pekerja: uang yang diterima dua kali itu kini menjadi piutang kantor."
        ),
        CaseKind.CHANGED_AFTER_DECISION: _(
            "Periksa di dasbor penyedia berapa uang yang dipegangnya sekarang, lalu putuskan apakah"
            " buku mengikutinya."
        ),
        CaseKind.UNCLEAR: _(
            "Periksa di dasbor penyedia: uangnya masih ada, kembali sebagian, atau ditarik semua?"
        ),
        CaseKind.UNANSWERED: _(
            "Cari pembayaran ini di dasbor penyedia. Kalau penyedia memang sedang terganggu,"
            " tunggu saja."
        ),
    }[kind]


def resolution_words(resolution: Resolution, *, of_deposit: bool = False) -> tuple[str, str]:
    """A decision's name, and its effect on the journal."""
    if of_deposit and resolution in _of_deposit():
        return _of_deposit()[resolution]
    return {
        Resolution.NOTED: (
            _("Cukup dicatat"),
            _("Buku sudah benar; tidak ada uang yang berpindah."),
        ),
        Resolution.TO_WORKER: (
            _("Uang menjadi hak pekerja"),
            _("Tagihan gagal; uangnya menjadi utang kantor kepada pekerja sampai dikembalikan."),
        ),
        Resolution.ACCEPT: (
            _("Terima sebagai pembayaran"),
            _("Bulan-bulannya terbayar; kelebihannya menjadi hak pekerja."),
        ),
        Resolution.REPAID: (
            _("Sudah dikembalikan dari rekening"),
            _("Kelebihan sudah ditransfer kepada pekerja; saldo rekening berkurang."),
        ),
        Resolution.TAKEN_BACK: (
            _("Uang ditarik penyedia"),
            _("Pembayaran dibatalkan; bulan-bulannya kembali terutang."),
        ),
        Resolution.FOLLOW: (
            _("Ikuti penyedia"),
            _(
                "Buku disamakan dengan uang yang dipegang penyedia. Bulan hanya terbayar kalau"
                " uangnya utuh; sisanya menjadi hak pekerja."
            ),
        ),
        Resolution.ANSWERED: (
            _("Terjawab sendiri"),
            _("Penyedia akhirnya menjawab."),
        ),
    }[resolution]


def _of_deposit() -> dict[Resolution, tuple[str, str]]:
    """The decisions that mean something else for an agent's deposit than for a worker's months."""
    return {
        Resolution.TO_WORKER: (
            _("Uang kembali ke agen"),
            _("Setorannya gagal; uangnya menunggu di Pencairan gateway, dikembalikan dua orang."),
        ),
        Resolution.ACCEPT: (
            _("Terima sebagai setoran"),
            _("Titipan agen berkurang; kelebihannya menunggu dikembalikan kepada agen."),
        ),
        Resolution.TAKEN_BACK: (
            _("Uang ditarik penyedia"),
            _("Setoran dibatalkan; uangnya tercatat di tangan agen lagi."),
        ),
        Resolution.FOLLOW: (
            _("Ikuti penyedia"),
            _(
                "Buku disamakan dengan uang yang dipegang penyedia. Setoran hanya dikonfirmasi"
                " kalau uangnya utuh; sisanya menunggu dikembalikan kepada agen."
            ),
        ),
    }


def facts(case: CaseDetail) -> list[tuple[str, Any]]:
    """What is known about the case, as labels and values."""
    labels = {
        "asked_idr": _("Tagihan"),
        "too_much_idr": _("Kelebihan"),
        "remitted_idr": _("Sudah disetor ke BPJS"),
        "repaid_idr": _("Sudah dikembalikan dari rekening"),
        "month": _("Bulan"),
        "merge": _("Nomor gabungan"),
        "kode_iuran": _("Kode iuran"),
        "bpjs_ref": _("Nomor BPJS"),
        "batch_idr": _("Jumlah setoran"),
        "cancel_reason": _("Alasan dibatalkan"),
        "reported": _("Menurut penyedia"),
        "said": _("Menurut penyedia"),
        "holds_idr": _("Dipegang penyedia"),
        "booked_idr": _("Menurut buku"),
        "callback": _("Nomor notifikasi"),
        "was": _("Status sebelumnya"),
        "provider_ref": _("Nomor penyedia"),
    }
    found: list[tuple[str, Any]] = []
    if case.amount_idr is not None:
        found.append((_("Jumlah"), rp(case.amount_idr)))
    found += [(labels.get(key, key), _shown(key, value)) for key, value in case.facts.items()]
    if case.aside_idr:
        found.append((_("Ditahan"), rp(case.aside_idr)))
    return found


def _shown(key: str, value: Any) -> Any:
    if key.endswith("_idr") and isinstance(value, int):
        return rp(value)
    if key in ("reported", "was") and value in set(PaymentState):
        return state_word("payment", value).text
    if key == "said":
        return translated(value)
    return value
