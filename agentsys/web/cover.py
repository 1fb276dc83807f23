"""The sentence about a worker's cover at the top of the worker's page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from agentsys import clock
from agentsys.contributions.coverage import Cover, Coverage
from agentsys.memberships.queries import Membership, Standing
from agentsys.web.texts import day, month, sentence, today
from agentsys.web.workers.words import explained


@dataclass(frozen=True)
class CoverLine:
    """The text about the cover, with its colour and icon."""

    tone: str
    icon: str
    text: str
    more: str = ""


def cover_line(cover: Coverage, *, month_paid: bool) -> CoverLine:
    """The text about the cover; it mentions money on its way to BPJS, which is no cover yet."""
    warning = sentence(cover.warning) if cover.warning else ""
    on_its_way = ""
    if month_paid and not cover.is_covered:
        on_its_way = _(
            "%(month)s sudah dibayar, menunggu LUNAS dari BPJS.", month=month(clock.this_month())
        )
    match cover.state:
        case Cover.COVERED:
            assert cover.paid_until is not None
            text = _("LUNAS di BPJS sampai %(day)s", day=day(cover.paid_until))
            return CoverLine("ok", "shield-check", text, warning)
        case Cover.NEVER:
            return CoverLine("warn", "shield-alert", warning, on_its_way)
        case _unpaid:
            return CoverLine("error", "shield-off", warning, on_its_way)


def membership_line(membership: Membership, *, month_paid: bool, lapses: bool) -> CoverLine:
    """The text about the cover of a member, or how the membership ended.

    `lapses`: a job ends it tonight, because its arrears are too old.
    """
    if membership.standing is Standing.ENDED:
        return CoverLine("warn", "circle-off", explained(membership))
    line = cover_line(membership.coverage, month_paid=month_paid)
    if membership.standing is Standing.LAPSING:
        return replace(line, text=_too_late(membership.coverage, lapses=lapses))
    return line


def _too_late(cover: Coverage, *, lapses: bool) -> str:
    assert cover.paid_until is not None
    since = day(cover.paid_until + timedelta(days=1))
    if lapses:
        return _(
            "Iuran menunggak lebih dari 3 bulan sejak %(since)s. Kepesertaan ditutup malam ini:"
            " jangan menagih lagi. Besok kantor dapat mengaktifkannya lagi.",
            since=since,
        )
    return _(
        "Iuran sejak %(since)s belum LUNAS di BPJS, sudah lebih dari 3 bulan. Tanyakan kepada"
        " kantor apakah kepesertaannya masih dapat dilanjutkan.",
        since=since,
    )


def days_left(last: date) -> str:
    """How many days are left up to and including a day, on the office's calendar."""
    left = (last - today()).days
    if left < 0:
        return ngettext("lewat %(num)d hari", "lewat %(num)d hari", -left)
    if left == 0:
        return _("hari ini terakhir")
    return ngettext("%(num)d hari lagi", "%(num)d hari lagi", left)


def time_left(cover: Coverage, *, cutoff: date) -> str:
    """How long a worker can still pay: this month's last day, and what the cover leaves."""
    parts = [_("batas %(day)s, %(left)s", day=day(cutoff), left=days_left(cutoff))]
    match cover.state:
        case Cover.COVERED:
            assert cover.paid_until is not None
            values = {"day": day(cover.paid_until), "left": days_left(cover.paid_until)}
            parts.append(_("LUNAS di BPJS sampai %(day)s, %(left)s", **values))
        case Cover.GRACE:
            assert cover.pay_before is not None
            ends = cover.pay_before
            parts.append(
                _(
                    "tunggakan diterima sampai %(day)s, %(left)s",
                    day=day(ends),
                    left=days_left(ends),
                )
            )
        case Cover.ENDED:
            parts.append(_("kepesertaan sudah berakhir"))
        case Cover.NEVER:
            parts.append(_("belum terlindungi"))
    return " · ".join(parts)
