"""Workers of an agreement for whom somebody else pays too: who pays, and why."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.people.permissions import Permission
from agentsys.sponsors import overlaps as service
from agentsys.sponsors import queries
from agentsys.sponsors.overlaps import Overlap
from agentsys.sponsors.queries import AgreementRow
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.words import KINDS
from agentsys.web.texts import lazy, month

OVERLAPS = ListPage(
    endpoint="sponsors.overlaps",
    title=lazy("Pekerja yang dibayari dua pihak"),
    search=lazy("Nama pekerja"),
    tabs={
        "all": lazy("Semua"),
        service.TWO_SPONSORS: lazy("Dua perjanjian"),
        service.PAID_SELF: lazy("Sudah membayar sendiri"),
        service.OWN_JHT: lazy("Punya JHT sendiri"),
    },
    personal=False,
)


@sponsors.get("/perjanjian/<int:agreement_id>/rangkap")
@needs(Permission.SPONSOR_READ)
def overlaps(agreement_id: int) -> Response | str:
    """The workers whom somebody else pays for too, before the bill is sent."""
    session = db.session()
    found = queries.agreement_in_scope(session, current_user, agreement_id)
    return ListView(OVERLAPS, agreement_id=found.id).answer(
        lambda asked: service.overlaps(session, found.id, found.programmes, asked),
        lambda view: render_template(
            "sponsors/overlaps.html",
            agreement=found,
            listing=view,
            tabs=view.tabs(vars(service.counts(session, found.id, found.programmes))),
            why=lambda row: reasons(found, row),
        ),
    )


def reasons(found: AgreementRow, row: Overlap) -> list[str]:
    """Who pays for a worker and why, one sentence for each overlap."""
    told = []
    if row.other_id is not None:
        told.append(_between(found, row))
    if row.self_until is not None:
        told.append(
            _(
                "Sudah dibayar sendiri sampai %(m)s. Perjanjian ini membayar bulan sesudahnya.",
                m=month(row.self_until),
            )
        )
    if row.jht_until is not None:
        told.append(
            _(
                "Sebelumnya membayar JHT sendiri. Perjanjian ini tanpa JHT, jadi tabungannya"
                " berhenti sejak %(m)s. Tanyakan kepada pekerjanya.",
                m=month(row.jht_until),
            )
        )
    return told


def _between(found: AgreementRow, row: Overlap) -> str:
    names = {"sponsor": row.other_sponsor, "number": row.other_number}
    if row.other_kind is None or row.other_kind is found.sponsor_kind:
        return (
            _("Dibayar %(sponsor)s (%(number)s), yang lebih dulu mencatatnya.", **names)
            if row.other_pays
            else _(
                "Perjanjian ini membayar; %(sponsor)s (%(number)s) mencatat sesudahnya.", **names
            )
        )
    kinds = {"mine": KINDS[found.sponsor_kind], "other": KINDS[row.other_kind]}
    return (
        _(
            "Dibayar %(sponsor)s (%(number)s): %(other)s didahulukan sebelum %(mine)s.",
            **names,
            **kinds,
        )
        if row.other_pays
        else _(
            "Perjanjian ini membayar, bukan %(sponsor)s (%(number)s): %(mine)s didahulukan"
            " sebelum %(other)s.",
            **names,
            **kinds,
        )
    )
