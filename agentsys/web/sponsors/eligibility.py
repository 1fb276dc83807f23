"""What an agreement asks of its workers, who lost it, and the end that they are told of."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.agreements.kinds import AgreementState, FactKind
from agentsys.db import db, transaction
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.sponsors import eligibility as service
from agentsys.sponsors import queries
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.fact_forms import CriteriaForm, EndLostForm
from agentsys.web.sponsors.facts import value_words
from agentsys.web.sponsors.words import FACTS
from agentsys.web.texts import lazy, month, num

LOST = ListPage(
    endpoint="sponsors.eligibility",
    title=lazy("Tidak memenuhi syarat"),
    search=lazy("Nama pekerja atau kelurahan"),
    sorts={"name": lazy("Nama"), "kelurahan": lazy("Kelurahan")},
    personal=False,
)


@sponsors.get("/perjanjian/<int:agreement_id>/syarat")
@needs(Permission.SPONSOR_READ)
def eligibility(agreement_id: int) -> Response | str:
    """The criteria of an agreement, and who does not meet them by the newest facts."""
    return _page(agreement_id, None, None)


@sponsors.post("/perjanjian/<int:agreement_id>/syarat")
@needs(Permission.SPONSOR_RECORD)
def set_criteria(agreement_id: int) -> Response | str | tuple[Response | str, int]:
    """Change what an agreement asks; nobody leaves by that."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    form = CriteriaForm(request.form)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                for kind in FactKind:
                    service.set_criterion(
                        session,
                        agreement_id=found.id,
                        kind=kind,
                        wanted=form[kind.value].data or "",
                        actor_id=current_user.id,
                    )
            flash(_("Syarat disimpan. Belum ada yang keluar."), "success")
            return redirect(url_for("sponsors.eligibility", agreement_id=found.id))
    return _page(found.id, form, None), 422


@sponsors.post("/perjanjian/<int:agreement_id>/syarat/akhiri")
@needs(Permission.SPONSOR_RECORD)
def end_lost(agreement_id: int) -> Response | str | tuple[Response | str, int]:
    """Announce the end to those who lost it."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    form = EndLostForm(request.form)
    shown = form.shown.data or ""
    if form.validate() and form.month.month is not None:
        with blaming(form):
            with transaction() as session:
                people = service.end_lost(
                    session,
                    agreement_id=found.id,
                    month=form.month.month,
                    note=form.note.data or "",
                    shown=int(shown) if re.fullmatch(r"[0-9]{1,9}", shown) else -1,
                    actor_id=current_user.id,
                )
            told = ngettext(
                "%(n)s orang dibayari sampai bulan sebelum %(month)s. Agennya melihat mereka di"
                " Ajak bayar sendiri.",
                "%(n)s orang dibayari sampai bulan sebelum %(month)s. Agennya melihat mereka di"
                " Ajak bayar sendiri.",
                people,
                n=num(people),
                month=month(form.month.month),
            )
            flash(told, "success")
            return redirect(url_for("sponsors.eligibility", agreement_id=found.id))
    return _page(found.id, None, form), 422


def _page(
    agreement_id: int, criteria: CriteriaForm | None, end: EndLostForm | None
) -> Response | str:
    session = db.session()
    found = queries.agreement_in_scope(session, current_user, agreement_id)
    asked = service.criteria(session, found.id)
    standing = service.standing(session, found.id)
    if criteria is None:
        criteria = CriteriaForm(formdata=None)
        for each in asked:
            criteria[each.kind.value].data = each.wanted.replace(",", ", ")
    if end is None:
        end = EndLostForm(formdata=None)
        end.month.data = f"{add_months(clock.this_month(), 2):%Y-%m}"
    end.shown.data = str(standing.lost)
    in_force = found.state is AgreementState.IN_FORCE

    def render(view: ListView) -> str:
        return render_template(
            "sponsors/eligibility.html",
            agreement=found,
            asked=asked,
            standing=standing,
            criteria=criteria,
            end=end,
            listing=view,
            kinds=FACTS,
            value_words=value_words,
            may_change=in_force and current_user.can(Permission.SPONSOR_RECORD),
        )

    return ListView(LOST, agreement_id=found.id).answer(
        lambda wanted: service.lost(session, found.id, wanted), render
    )
