"""Data for templates that several pages share: payments, months, channels, receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Any
from urllib.parse import quote

import segno
from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import tariff
from agentsys.contributions.advance import ComingMonth
from agentsys.contributions.arrears import OpenMonth
from agentsys.extension.contract import Custody
from agentsys.payments import receipts
from agentsys.runtime import runtime
from agentsys.web.reversal_words import WHY
from agentsys.web.texts import day_and_time, lazy, month_short, rp, translated

# How sponsors pay without a channel.
_NO_CHANNEL = {"bank_transfer": lazy("Transfer bank"), "sponsor_credit": lazy("Sisa uang sponsor")}
_MILLIONS_FROM = 10_000_000
_NOTES = (10_000, 20_000, 50_000, 100_000)
TENDERS = 2  # amounts to offer besides the exact sum


@lru_cache(maxsize=1_000)
def qr(content: str) -> Markup:
    """A QR code as inline SVG that takes the page's colours; the same one is drawn once."""
    code = segno.make(content, error="m")
    # Markup is safe here: segno draws paths only, the content is not in the output.
    return Markup(code.svg_inline(border=2, dark="#000", light="#fff", scale=6, omitsize=True))  # noqa: S704


def channel_label(name: str) -> str:
    """A channel's label; records of a channel stay readable after its plugin is gone."""
    channel = runtime().registry.channels.get(name)
    if channel is None:
        return str(_NO_CHANNEL.get(name, name))
    return translated(channel.label)


def month_choices(
    contributions: Sequence[OpenMonth | ComingMonth], chosen: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Open months, oldest first, with the chosen ones ticked.

    If none of them is chosen yet: all up to this month, or the first one in advance.
    """
    this_month = clock.this_month()
    due = [c for c in contributions if c.month <= this_month]
    offered = {f"{c.month:%Y-%m}" for c in contributions}
    ticked = offered & set(chosen) or {f"{c.month:%Y-%m}" for c in due or contributions[:1]}
    sums = accumulate(c.amount_idr for c in contributions)
    before = [None, *(c.amount_idr for c in contributions)]
    return [
        {
            "value": f"{c.month:%Y-%m}",
            "month": c.month,
            "amount_idr": c.amount_idr,
            "arrears": c.month < this_month,
            "advance": c.month > this_month,
            "discounts": tariff.discounts_in(c.tariff),
            "changes": last_idr is not None and last_idr != c.amount_idr,
            "checked": f"{c.month:%Y-%m}" in ticked,
            "offers": tender_offers(total),  # the total if this is the last paid month
        }
        for c, total, last_idr in zip(contributions, sums, before, strict=False)
    ]


def tender_offers(total_idr: int) -> list[int]:
    """The next larger amounts that people pay with banknotes."""
    return sorted({(total_idr // note + 1) * note for note in _NOTES})[:TENDERS]


def receipt_page(session: Session, code: str) -> dict[str, Any]:
    """A receipt and the progress of its money; NotFound for an unknown code."""
    progress = receipts.progress_of(session, code)
    in_cash = progress.custody is Custody.AGENT
    names = {
        "received": _("Diterima agen") if in_cash else _("Dibayar"),
        "deposited": _("Disetor ke kantor") if in_cash else _("Di rekening gateway"),
        "confirmed": _("LUNAS di BPJS"),
    }
    verify_url = runtime().settings.base_url + url_for("public.receipt", token=progress.code)
    return {
        "number": progress.number,
        "code": progress.code,
        "worker_name": progress.worker,
        "months": [
            {"month": month, "amount_idr": amount_idr}
            for month, amount_idr in zip(progress.months, progress.amounts_idr, strict=True)
        ],
        "amount_idr": progress.amount_idr,
        "channel_label": channel_label(progress.channel),
        "at": progress.issued_at,
        "agent_name": progress.agent,
        "office_name": progress.office,
        "cancelled": progress.refunded,
        "void": progress.void and vars(progress.void) | {"why": WHY[progress.void.why]},
        "payment_id": progress.payment_id,
        "in_cash": in_cash,
        "qr_svg": qr(verify_url),
        "verify_url": verify_url,
        "steps": [
            {
                "label": names[step.name],
                "note": day_and_time(step.at) if step.at else "",
                "done": step.at is not None,
            }
            for step in progress.steps
        ],
        "worker_id": progress.worker_id,
        "agent_id": progress.agent_id,
    }


def receipt_message(page: Mapping[str, Any]) -> str:
    """The message to the payer with a receipt, or that it is void."""
    if page["cancelled"]:
        return _(
            "Kuitansi %(number)s, %(sum)s, dibatalkan dan tidak berlaku lagi. Periksa: %(url)s",
            number=page["number"],
            sum=rp(page["amount_idr"]),
            url=page["verify_url"],
        )
    return _(
        "Kuitansi %(number)s, %(sum)s. Periksa: %(url)s",
        number=page["number"],
        sum=rp(page["amount_idr"]),
        url=page["verify_url"],
    )


def chart(
    sums: Sequence[tuple[date, int]], *, largest: int = 0
) -> tuple[list[tuple[str, float]], str]:
    """Monthly sums for a chart, and their unit: thousands while millions would need decimals.

    `largest` is the largest sum of another row in the same chart.
    """
    if max((total for _month, total in sums), default=largest) < _MILLIONS_FROM > largest:
        return [(month_short(at)[:3], round(total / 1_000)) for at, total in sums], _("Rp ribu")
    return [(month_short(at)[:3], round(total / 1_000_000)) for at, total in sums], _("Rp juta")


def whatsapp(message: str, phone: str) -> str:
    """The URL that opens WhatsApp with a message, for this number if there is one."""
    return f"https://wa.me/{phone.removeprefix('+')}?text={quote(message)}"


def events(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Timeline rows, newest first."""
    return sorted(rows, key=lambda row: row["at"])[::-1]
