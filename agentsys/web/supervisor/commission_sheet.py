"""The desk of commissions to take away."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import transaction
from agentsys.people.permissions import Permission
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.commissions import TABS, of_tab, tab_labels


@supervisor.get("/komisi.xlsx")
@needs(Permission.COMMISSION_READ)
def commissions_xlsx() -> Response:
    """The desk as a spreadsheet, with its filter written in it; who took it is recorded."""
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "waiting"
    label = tab_labels()[tab]
    with transaction() as session:
        rows: list[list[str | int]] = [
            [
                s.agent.name,
                f"{s.month:%Y-%m}",
                s.base_idr,
                s.contributions,
                s.agent_idr,
                s.office_idr,
                s.total_idr,
                label,
            ]
            for s in of_tab(session, tab)
        ]
        trail.record(
            session,
            actor_id=current_user.id,
            action="commissions.exported",
            subject="commissions",
            details={"tab": tab, "statements": len(rows)},
        )
    return sheets.download(
        "komisi.xlsx",
        _("Komisi: %(tab)s", tab=label),
        [
            _("Agen"),
            _("Bulan"),
            _("Dasar"),
            _("Iuran"),
            _("Komisi agen"),
            _("Bagian kantor"),
            _("Jumlah"),
            _("Keadaan"),
        ],
        rows,
    )
