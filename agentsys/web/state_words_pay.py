"""The words of the states of paying commissions, and what all words of states are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

from agentsys.web.texts import lazy


class StateWord(NamedTuple):
    """How one state is shown: label, colour class of `app.css`, name of the icon."""

    text: Any
    tone: str
    icon: str


BY_TWO = {
    "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
    "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
    "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
}

PAY_WORDS: dict[str, dict[str, StateWord]] = {
    "commission_receipt": {
        **BY_TWO,
        "recorded": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "confirmed": StateWord(lazy("Dikonfirmasi"), "ok", "circle-check"),
    },
    "commission_difference": {
        **BY_TWO,
        "booked": StateWord(lazy("Dibukukan"), "ok", "circle-check"),
    },
    "payout_batch": {
        "prepared": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "approved": StateWord(lazy("Disetujui"), "", "circle-check"),
        "sent": StateWord(lazy("Di bank"), "warn", "send"),
        "finished": StateWord(lazy("Selesai"), "ok", "circle-check"),
        "cancelled": StateWord(lazy("Dibatalkan"), "off", "ban"),
    },
    "payout_line": {
        "prepared": StateWord(lazy("Disiapkan"), "", "clock"),
        "approved": StateWord(lazy("Akan ditransfer"), "", "circle-check"),
        "sent": StateWord(lazy("Sedang ditransfer"), "warn", "send"),
        "succeeded": StateWord(lazy("Sampai"), "ok", "circle-check"),
        "failed": StateWord(lazy("Gagal"), "bad", "circle-x"),
        "returned": StateWord(lazy("Dikembalikan bank"), "bad", "undo-2"),
        "cancelled": StateWord(lazy("Dikeluarkan"), "off", "ban"),
    },
    "commission_carried": {
        **BY_TWO,
        "approved": StateWord(lazy("Disetujui"), "ok", "circle-check"),
    },
    "commission_rates": {**BY_TWO, "approved": StateWord(lazy("Berlaku"), "ok", "circle-check")},
    "stage_rule": {**BY_TWO, "approved": StateWord(lazy("Berlaku"), "ok", "circle-check")},
    "commission_terms": {**BY_TWO, "approved": StateWord(lazy("Berlaku"), "ok", "circle-check")},
}
