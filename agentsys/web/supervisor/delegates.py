"""Who approves commissions for a supervisor who is away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people import delegates as people
from agentsys.people import substitutes
from agentsys.people.permissions import Permission, Reach
from agentsys.people.queries import names_of
from agentsys.web.access import needs
from agentsys.web.admin_forms import chosen_id
from agentsys.web.forms import Form
from agentsys.web.responses import blaming, said
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import day, lazy


class DelegateForm(Form):
    """Who is away, who decides meanwhile, and on which days."""

    away = SelectField(lazy("Yang cuti"), validators=[InputRequired()])
    delegate = SelectField(lazy("Wakil"), validators=[InputRequired()])
    from_on = DateField(lazy("Hari pertama"), validators=[InputRequired()])
    until_on = DateField(lazy("Hari terakhir"), validators=[InputRequired()])
    reason = StringField(lazy("Alasan"), validators=[Length(max=200)])


@supervisor.get("/komisi/wakil")
@needs(Permission.DELEGATE_READ)
def delegates() -> str:
    """The delegations that concern the user, and a form for another."""
    return _page(_form(sent=False))


@supervisor.post("/komisi/wakil")
@needs(Permission.DELEGATE_SET)
def name_delegate() -> Response | tuple[str, int]:
    """Have another supervisor decide from a day to a day."""
    form = _form(sent=True)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                made = people.name(
                    session,
                    user_id=chosen_id(form.away.data) or 0,
                    delegate_id=chosen_id(form.delegate.data) or 0,
                    from_on=form.from_on.data,
                    until_on=form.until_on.data,
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                )
                until = made.until_on
            flash(_("Wakil dicatat sampai %(day)s.", day=day(until)), "success")
            return redirect(url_for("supervisor.delegates"))
    return _page(form), 422


@supervisor.post("/komisi/wakil/<int:delegation_id>/akhiri")
@needs(Permission.DELEGATE_SET)
def end_delegation(delegation_id: int) -> Response:
    """End a delegation now, or call it off."""
    here = url_for("supervisor.delegates")
    try:
        with transaction() as session:
            people.end(session, delegation_id=delegation_id, actor_id=current_user.id)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Perwakilan diakhiri."), "success")
    return redirect(here)


def _names_for_others() -> bool:
    return Reach.OFFICE in current_user.reach(Permission.DELEGATE_SET)


def _form(*, sent: bool) -> DelegateForm:
    form = DelegateForm() if sent else DelegateForm(formdata=None)
    able = [SelectChoice(str(key), name) for key, name in people.able(db.session(), current_user)]
    nobody, me = SelectChoice("", _("Pilih penyelia")), str(current_user.id)
    if _names_for_others():
        form.away.choices = form.delegate.choices = [nobody, *able]
    else:
        form.away.choices = [SelectChoice(me, current_user.name)]
        form.delegate.choices = [nobody, *(one for one in able if one.value != me)]
    return form


def _page(form: DelegateForm) -> str:
    session, now = db.session(), substitutes.today()
    rows = people.all_seen_by(session, current_user)
    names = names_of(session, {row.named_by for row in rows})
    may_set = current_user.can(Permission.DELEGATE_SET)
    return render_template(
        "supervisor/delegates.html",
        rows=[_row(row, names, may_set=may_set) for row in rows],
        form=form,
        may_set=may_set,
        today=now,
    )


def _row(row: people.Absence, names: dict[int, str], *, may_set: bool) -> dict[str, Any]:
    now = substitutes.today()
    is_open = row.ended_at is None and row.until_on >= now
    mine = row.user_id == current_user.id or _names_for_others()
    return {
        "row": row,
        "by": names.get(row.named_by, ""),
        "active": row.is_active(now),
        "open": is_open,
        "may_end": is_open and mine and may_set,
    }
