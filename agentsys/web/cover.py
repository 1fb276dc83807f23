"""The sentence about a worker's cover at the top of the worker's page."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from agentsys import clock
from agentsys.contributions.coverage import Cover, Coverage
from agentsys.web.texts import day, month, sentence


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
            text = _("Terlindungi sampai %(day)s", day=day(cover.paid_until))
            return CoverLine("ok", "shield-check", text, warning)
        case Cover.NEVER:
            return CoverLine("warn", "shield-alert", warning, on_its_way)
        case _unpaid:
            return CoverLine("error", "shield-off", warning, on_its_way)
