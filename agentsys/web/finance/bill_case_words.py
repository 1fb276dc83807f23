"""Texts of cases about sponsors' bills, where they differ from those about a worker's months."""

from __future__ import annotations

from flask_babel import gettext as _

from agentsys.payments.models import CaseKind, Resolution


def explanation(kind: CaseKind) -> str:
    """What happened; empty if the usual text is right."""
    return {
        CaseKind.PAID_TWICE: _(
            "Tagihan sponsor dibayar lagi setelah ada pembayaran lain. Kelebihannya disimpan untuk"
            " tagihan berikutnya."
        ),
        CaseKind.PAID_LATE: _(
            "Sponsor membayar setelah nomornya kedaluwarsa atau gagal. Uangnya sudah dibukukan:"
            " pekerja yang belum lunas dibayar, dan sisanya disimpan."
        ),
        CaseKind.REFUNDED_AFTER_REMITTED: _(
            "Pembayaran sponsor ditarik kembali, padahal iurannya sudah disetor ke BPJS."
        ),
        CaseKind.REFUNDED_AFTER_REPAID: _(
            "Pembayaran sponsor ditarik kembali, padahal kelebihannya sudah dipakai untuk tagihan"
            " lain."
        ),
    }.get(kind, "")


def advice(kind: CaseKind) -> str:
    """What to do; empty if the usual text is right."""
    claim = _(
        "Hubungi sponsor: jumlah itu kini piutang kantor. Kelebihan pembayaran berikutnya"
        " melunasinya lebih dulu."
    )
    return {
        CaseKind.PAID_TWICE: _(
            "Hubungi bendahara sponsor. Kelebihannya mengurangi tagihan berikutnya."
        ),
        CaseKind.PAID_AGAIN: _(
            "Cocokkan kedua nomor di dasbor penyedia. Kalau uangnya memang masuk dua kali, ikuti"
            " penyedia: kelebihannya disimpan untuk tagihan berikutnya."
        ),
        CaseKind.PAID_LATE: _("Pastikan sponsor tidak membayar tagihan ini lagi dengan cara lain."),
        CaseKind.REFUNDED_AFTER_REMITTED: claim,
        CaseKind.REFUNDED_AFTER_REPAID: claim,
    }.get(kind, "")


def resolution_words(resolution: Resolution) -> tuple[str, str] | None:
    """A decision's name and effect; None if the usual words are right."""
    return {
        Resolution.TO_WORKER: (
            _("Uang disimpan untuk sponsor"),
            _("Virtual account ini gagal; uangnya dipakai untuk pembayaran sponsor berikutnya."),
        ),
        Resolution.ACCEPT: (
            _("Terima sebagai pembayaran"),
            _("Pekerja dalam tagihan dibayar; kelebihannya disimpan untuk tagihan berikutnya."),
        ),
        Resolution.TAKEN_BACK: (
            _("Uang ditarik penyedia"),
            _("Pembayaran dibatalkan; pekerja yang dibayarnya kembali terutang."),
        ),
        Resolution.FOLLOW: (
            _("Ikuti penyedia"),
            _(
                "Buku disamakan dengan uang yang dipegang penyedia. Tagihan hanya terbayar kalau"
                " uangnya utuh; sisanya disimpan untuk tagihan berikutnya."
            ),
        ),
    }.get(resolution)
