"""Channels as people choose them: in groups, with what they cost, and what they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from agentsys.extension.contract import Custody, Fee, MandateChannel, PayerKind, PaymentChannel
from agentsys.payments import circuit
from agentsys.runtime import runtime
from agentsys.web.texts import rp, translated


def channel_choices(
    session: Session,
    *,
    with_cash: bool,
    cash_blocked: str = "",
    total_idr: int = 0,
    sent: Mapping[str, str] | None = None,
    payer: PayerKind = PayerKind.WORKER,
) -> list[dict[str, Any]]:
    """The channels to choose from for a payer; cash only if an agent collects in person.

    `sent` is what was typed before; `total_idr` shows which limits matter.
    """
    blocked = dict.fromkeys(
        circuit.stopped(session), _("Cara bayar ini sedang berhenti. Pakai cara lain.")
    )
    found = sorted(
        runtime().registry.channels.values(), key=lambda c: c.custody is not Custody.AGENT
    )
    blocked |= {c.name: cash_blocked for c in found if c.custody is Custody.AGENT}
    return [
        {
            "name": channel.name,
            "label": translated(channel.label),
            "icon": channel.icon,
            "cash": channel.custody is Custody.AGENT,
            "group": translated(channel.group),
            "blocked": blocked.get(channel.name, ""),
            "hint": ", ".join(_hints(channel, total_idr)),
            "fields": [
                {
                    "name": field_name(channel, field.name),
                    "label": translated(field.label),
                    "hint": translated(field.hint),
                    "kind": field.kind,
                    "value": (sent or {}).get(field_name(channel, field.name), ""),
                }
                for field in channel.form
            ],
        }
        for channel in found
        if with_cash or channel.custody is not Custody.AGENT
        if payer in channel.payers
        if not isinstance(channel, MandateChannel)
    ]


def in_groups(
    channels: Sequence[Mapping[str, Any]], chosen: str
) -> list[tuple[str, bool, list[Mapping[str, Any]]]]:
    """The channels under their headings: heading, whether it is open, channels.

    Those without a heading come first. The first heading is open, and that of the chosen one.
    """
    ordered = sorted(channels, key=lambda channel: channel["group"] != "")
    order = list(dict.fromkeys(channel["group"] for channel in ordered))
    ordered.sort(key=lambda channel: order.index(channel["group"]))
    groups = [(name, list(found)) for name, found in groupby(ordered, key=lambda c: c["group"])]
    first = next((name for name, _found in groups if name), "")
    return [
        (name, name in ("", first) or any(c["name"] == chosen for c in found), found)
        for name, found in groups
    ]


def chosen_channel(channels: Sequence[Mapping[str, Any]], wanted: str) -> str:
    """The wanted channel if it can be used, else the first one that can."""
    free = [str(channel["name"]) for channel in channels if not channel["blocked"]]
    return wanted if wanted in free else next(iter(free), "")


def read_inputs(channel: PaymentChannel, sent: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed into the channel's own form; Invalid says what to correct."""
    if not channel.form:
        return {}
    typed = {field.name: sent.get(field_name(channel, field.name), "") for field in channel.form}
    return channel.read_form(typed)


def field_name(channel: PaymentChannel, field: str) -> str:
    """The name of a channel's field in the form, which has the fields of all channels."""
    return f"{channel.name}.{field}"


def fee_text(fee: Fee) -> str:
    """What the provider adds for the payer, short; empty if nothing."""
    parts = []
    if fee.flat_idr:
        parts.append(rp(fee.flat_idr))
    if fee.basis_points:
        parts.append(f"{fee.basis_points / 100:g}%")
    return " + ".join(parts)


def terms(channel: PaymentChannel) -> list[str]:
    """What finance wants to know of a channel, in short sentences."""
    limits, refunds = channel.limits, channel.refunds
    fee = fee_text(channel.fee)
    said = [
        _("%(least)s sampai %(most)s", least=rp(limits.min_idr), most=rp(limits.max_idr)),
        _("berlaku %(time)s", time=_duration(channel.expires_after)),
        _("biaya pembayar %(fee)s", fee=fee) if fee else _("tanpa biaya bagi pembayar"),
    ]
    if not refunds.possible:
        said.append(_("tidak dapat dikembalikan lewat penyedia"))
    else:
        until = _duration(refunds.within)
        said.append(
            _("dapat dikembalikan, sebagian pun, sampai %(time)s", time=until)
            if refunds.partial
            else _("dapat dikembalikan seluruhnya sampai %(time)s", time=until)
        )
    if channel.reversal_window:
        until = _duration(channel.reversal_window)
        said.append(_("dapat ditarik kembali penyedia sampai %(time)s", time=until))
    return said


def _hints(channel: PaymentChannel, total_idr: int) -> list[str]:
    hints = []
    if fee := fee_text(channel.fee):
        hints.append(_("biaya %(fee)s", fee=fee))
    if channel.limits.min_idr > max(total_idr, 1):
        hints.append(_("mulai %(sum)s", sum=rp(channel.limits.min_idr)))
    if channel.limits.max_idr < total_idr:
        hints.append(_("sampai %(sum)s", sum=rp(channel.limits.max_idr)))
    return hints


def _duration(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds >= 86_400:
        return ngettext("%(num)d hari", "%(num)d hari", seconds // 86_400)
    if seconds >= 120:
        return ngettext("%(num)d menit", "%(num)d menit", seconds // 60)
    return ngettext("%(num)d detik", "%(num)d detik", seconds)
