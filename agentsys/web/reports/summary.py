"""The figures on top of a report."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from agentsys.reports import retention
from agentsys.reports.covered import percent_of
from agentsys.reports.office import Report
from agentsys.web.report_tables import Kind, shown
from agentsys.web.texts import month_short, num, rp


def summary(found: Report) -> list[dict[str, Any]]:
    """What a page shows first, and a PDF in its first lines: label, value, and of what."""
    total = found.covered.total
    target = (
        _("%(percent)s dari target %(people)s", percent=_percent(total.percent), people=num(t))
        if (t := total.target)
        else _("belum ada target")
    )
    billed = sum(m.billed_idr for m in found.months)
    confirmed = sum(m.confirmed_idr for m in found.months)
    paid = sum(b.amount_idr for b in found.benefits)
    kept = [(months, retention.overall(found.cohorts, months)) for months in retention.AFTER]
    return [
        {
            "label": _("Peserta aktif %(month)s", month=month_short(found.covered.month)),
            "value": num(total.covered),
            "sub": target if found.asked.agreement_id is None else "",
        },
        {
            "label": _("Lunas di BPJS"),
            "value": rp(confirmed),
            "sub": _(
                "%(percent)s dari tagihan %(sum)s",
                percent=_percent(percent_of(confirmed, billed)),
                sum=rp(billed),
            ),
        },
        {
            "label": _("Retensi 3 / 6 / 12 bulan"),
            "value": " / ".join(_percent(share) for _months_after, share in kept),
            "sub": "",
        },
        {
            "label": _("Manfaat dibayar BPJS"),
            "value": rp(paid),
            "sub": _("%(n)s klaim", n=num(sum(b.claims for b in found.benefits))),
        },
    ]


def _percent(share: float | None) -> str:
    return shown(share, Kind.PERCENT)
