"""The control panel: a web page with the actions of payers and banks, faults and the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.engine.vocabulary import NOTIFICATION_CODE
from agentsys.demo.midtrans_simulator.faults.answers import FAULTS
from agentsys.demo.midtrans_simulator.faults.knobs import CHOICES, OPERATIONS
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.scenarios.actions import act
from agentsys.demo.midtrans_simulator.scenarios.player import Player
from agentsys.demo.midtrans_simulator.scenarios.script import seconds, steps_of_text
from agentsys.demo.midtrans_simulator.scenarios.travel import advance, advance_until_quiet

SHOWN = 50
JUMPS = (
    ("1 menit", "1m"),
    ("15 menit", "15m"),
    ("1 jam", "1h"),
    ("1 hari", "1d"),
    ("30 hari", "30d"),
)
ORDER_LABELS = {
    "pay": "Bayar",
    "deny": "Tolak",
    "expire": "Kedaluwarsakan",
    "cancel": "Batalkan",
    "fail": "Gagalkan",
    "refund": "Kembalikan",
    "chargeback": "Sengketa",
    "reverse": "Balikkan",
}
ACCOUNT_LABELS = {"link": "Hubungkan", "refuse": "Tolak", "unlink": "Putuskan"}
PAYOUT_LABELS = {
    "payout_approve": "Izinkan",
    "payout_reject": "Tolak",
    "payout_process": "Proses",
    "payout_complete": "Selesaikan",
    "payout_fail": "Gagalkan",
}
SUBSCRIPTION_LABELS = {
    "subscription_disable": "Nonaktifkan",
    "subscription_enable": "Aktifkan",
    "subscription_cancel": "Batalkan",
}
# Shown by name; each of the others can be set by hand on the same page.
KNOBS = (
    "notify_url", "signature", "duplicate", "delay_s", "drop", "reorder", "profile",
    "not_activated", "late_settlement", "pin_from_idr", "imposed_fee_idr", "latency_s",
)  # fmt: skip


def panel(gateway: Gateway, player: Player, merchant: str) -> Blueprint:
    """The control API of one gateway; it needs no key, so bind it to loopback."""
    pages = Blueprint("panel", __name__, url_prefix="/panel")
    views = Panel(gateway, player)

    @pages.get("")
    def show() -> str:
        return render_template("panel.html", merchant=merchant, **views.facts())

    for rule, view in (
        ("/do", views.do),
        ("/clock", views.clock),
        ("/again/<int:number>", views.again),
        ("/fault", views.fault),
        ("/knobs", views.turn),
        ("/script", views.play),
    ):
        name = view.__name__
        pages.add_url_rule(rule, name, _told(view), methods=["POST"])
    return pages


def _told(view: Callable[..., str]) -> Callable[..., Response]:
    """Redirect to the panel, which shows the result."""

    def answer(**named: Any) -> Response:
        try:
            told = view(**named)
        except ValueError as error:
            told = str(error)
        return redirect(url_for("panel.show", told=told, _anchor=request.form.get("part")), 303)

    return answer


class Panel:
    """The forms of the panel; each returns a short result."""

    def __init__(self, gateway: Gateway, player: Player) -> None:
        """Control this gateway, and the player of scripts."""
        self._gateway, self._player = gateway, player

    def facts(self) -> dict[str, Any]:
        """All that the page shows, newest first."""
        gateway = self._gateway
        transactions = _newest(gateway.transactions())
        knobs = gateway.knobs.shown()
        return {
            "now": gateway_time(gateway.clock.now()),
            "jumps": JUMPS,
            "transactions": [(t, self._possible(t)) for t in transactions],
            "statuses": tuple(NOTIFICATION_CODE),
            "accounts": _newest(gateway.accounts.all()),
            "subscriptions": _newest(gateway.subscriptions.all()),
            "payouts": _newest(gateway.payouts.all()),
            "notices": _newest(gateway.notifier.notices()),
            "faults": gateway.faults.shown(),
            "fault_names": FAULTS,
            "operations": OPERATIONS,
            "knobs": {name: knobs[name] for name in KNOBS},
            "all_knobs": sorted(knobs),
            "choices": CHOICES,
            "log": _newest(self._player.log),
            "labels_of": {
                "order": ORDER_LABELS,
                "account": ACCOUNT_LABELS,
                "payout": PAYOUT_LABELS,
                "subscription": SUBSCRIPTION_LABELS,
            },
            "told": request.args.get("told", ""),
        }

    def _possible(self, transaction: Transaction) -> list[str]:
        status, rules = transaction.status, transaction.rules
        if status == "pending":
            return ["pay", "deny", "expire", *(["cancel"] if rules.cancellable else []), "fail"]
        if status == "expire" and self._gateway.knobs.late_settlement:
            return ["pay"]
        if status in ("authorize", "capture"):
            return ["pay", "cancel"] if status == "authorize" else ["cancel"]
        if status in ("settlement", "partial_refund"):
            reversible = ["reverse"] if rules.reversal_s and status == "settlement" else []
            return [*(["refund"] if rules.refund else []), "chargeback", *reversible]
        return ["chargeback"] if status == "partial_chargeback" else []

    def do(self) -> str:
        """One action on one subject."""
        form = request.form
        wish: dict[str, Any] = {n: form[n] for n in ("status", "reason") if form.get(n)}
        for name in ("amount_idr", "paid_idr", "wallet_idr", "later_idr"):
            if form.get(name, "").strip():
                wish[name] = _rupiah(form[name])
        if "quietly" in form:
            wish["quietly"] = True
        if "blocked" in form:
            wish["blocked"] = form["blocked"] == "yes"
        do, subject = form.get("do", ""), form.get("subject", "")
        return f"{do} {subject}: {act(self._gateway, do, subject, wish)}"

    def clock(self) -> str:
        """The clock pushed by `by`, or until nothing is left to happen."""
        by = request.form.get("by", "").strip()
        if by == "quiet":
            went = advance_until_quiet(self._gateway, within_s=7 * 86_400)
            return f"{went['now']}: {len(went['outcomes'])} pemberitahuan"
        advance(self._gateway, seconds(int(by) if by.isdigit() else by))
        return gateway_time(self._gateway.clock.now())

    def again(self, number: int) -> str:
        """One notice sent once more."""
        copy = self._gateway.notifier.send_again(number)
        return f"pemberitahuan {number} dikirim lagi sebagai {copy.number}"

    def fault(self) -> str:
        """One more fault, or none any longer."""
        form = request.form
        if form.get("clear"):
            self._gateway.faults.clear()
            return "semua gangguan dihapus"
        times = form.get("times", "").strip()
        wish = {
            "fault": form.get("fault", ""),
            "operation": form.get("operation", "all"),
            "order_id": form.get("order_id", "").strip(),
            "times": int(times) if times.isdigit() else -1,
            "after": "after" in form,
        }
        return f"gangguan {wish['fault']}: {act(self._gateway, 'fault', '', wish)}"

    def turn(self) -> str:
        """One setting changed."""
        name, text = request.form.get("name", "").strip(), request.form.get("value", "").strip()
        return f"{name}: {act(self._gateway, 'set', '', {name: self._read(name, text)})}"

    def _read(self, name: str, text: str) -> Any:
        present = self._gateway.knobs.shown().get(name)
        if isinstance(present, bool):
            return text.lower() in ("true", "yes", "ya", "1")
        if isinstance(present, int):
            return _rupiah(text)
        if isinstance(present, float):
            return float(text)
        if isinstance(present, list):
            return [each.strip() for each in text.split(",") if each.strip()]
        return text

    def play(self) -> str:
        """A script to follow, or none any longer."""
        if request.form.get("stop"):
            self._player.stop()
            return "skenario dihentikan"
        steps = steps_of_text(request.form.get("text", ""))
        self._player.play(steps)
        return f"{len(steps)} langkah dijalankan"


def _newest(things: list[Any]) -> list[Any]:
    return things[::-1][:SHOWN]


def _rupiah(text: str) -> int:
    digits = text.strip().replace(".", "")
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"bukan angka bulat: {text}")
    return int(digits)
