"""How a worker's cover stands, in the one sentence on top of the worker's page."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from agentsys import clock
from agentsys.contributions.coverage import Cover, Coverage
from agentsys.web.texts import day, month, sentence


@dataclass(frozen=True)
class CoverLine:
    """What is said of the cover; the colour follows from it and from nothing else."""

    tone: str
    icon: str
    text: str
    more: str = ""


def cover_line(cover: Coverage, *, month_paid: bool) -> CoverLine:
    """The cover in words; money that is on its way to BPJS is told, and covers nobody yet."""
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
