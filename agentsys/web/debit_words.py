"""The words for why a debit was not made, and for what a message tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from agentsys.extension.contract import Decline
from agentsys.payments.debit_models import NoticeKind
from agentsys.payments.mandates.last_look import Why
from agentsys.web.texts import day, lazy

DECLINES: dict[Decline, Any] = {
    Decline.FUNDS: lazy("Saldo kurang"),
    Decline.TRY_LATER: lazy("Gangguan penyedia"),
    Decline.NEEDS_PAYER: lazy("Perlu PIN atau tindakan pekerja"),
    Decline.ENDED: lazy("Akun tidak terhubung lagi"),
    Decline.UNKNOWN: lazy("Alasan belum dikenal"),
}
NOTICE_KINDS: dict[NoticeKind, Any] = {
    NoticeKind.DEBIT: lazy("Pemberitahuan debit"),
    NoticeKind.FAILED: lazy("Debit tidak berhasil"),
    NoticeKind.MANDATE_EXPIRES: lazy("Akun segera habis masa berlakunya"),
    NoticeKind.MANDATE_ENDED: lazy("Debit otomatis berakhir"),
}
WHYS: dict[Why, Any] = {
    Why.ALLOWED: lazy("Boleh didebit"),
    Why.EARLIER_TRY_UNKNOWN: lazy("Hasil percobaan sebelumnya belum jelas"),
    Why.MANDATE_NOT_ACTIVE: lazy("Akun belum dapat didebit"),
    Why.MANDATE_ENDED: lazy("Debit otomatis sudah berakhir"),
    Why.ALL_PAID: lazy("Sudah dibayar dengan cara lain"),
    Why.SUM_CHANGED: lazy("Jumlahnya berubah, diberitahukan lagi"),
    Why.MONEY_IN_FLIGHT: lazy("Pembayaran lain sedang berjalan"),
    Why.ABOVE_CAP: lazy("Di atas batas sekali debit"),
    Why.ABOVE_MONTHS_CAP: lazy("Di atas batas sebulan"),
    Why.ABOVE_PIN_LIMIT: lazy("Di atas batas tanpa PIN"),
    Why.NO_NOTICE: lazy("Belum diberitahukan"),
    Why.NOTICE_FOR_ANOTHER_SUM: lazy("Jumlah lain yang diberitahukan"),
    Why.NOTICE_NOT_OPENED: lazy("Pemberitahuan belum dibaca"),
    Why.NOTICE_TOO_FRESH: lazy("Belum 24 jam sejak dibaca"),
    Why.PAUSED: lazy("Dijeda pekerja"),
    Why.TOO_EARLY: lazy("Belum tanggalnya"),
    Why.AT_NIGHT: lazy("Di luar jam debit"),
    Why.MONTH_IS_OVER: lazy("Lewat tanggal terakhir bulan itu"),
    Why.STOPPED: lazy("Debit sedang dihentikan"),
}
ALL_WHYS: dict[str, Any] = {
    **{key.value: text for key, text in WHYS.items()},
    **{key.value: text for key, text in DECLINES.items()},
}


def tried_again(days: Sequence[date]) -> str:
    """When a debit is tried again if the account lacks the money."""
    if not days:
        return _("Bila saldo kurang, bulan ini tidak dicoba lagi.")
    return _("Bila saldo kurang, dicoba lagi %(days)s.", days=", ".join(day(at) for at in days))


def why_words(why: str) -> str:
    """The words for a reason of a debit; one without words is shown as it is."""
    return str(ALL_WHYS.get(why, why))
