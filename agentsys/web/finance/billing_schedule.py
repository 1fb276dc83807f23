"""The billing that runs by itself: its day and hour for each office."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.contributions import scheduling
from agentsys.contributions.scheduling import ScheduleRow
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import ScheduleForm
from agentsys.web.responses import check, said


@finance.post("/penagihan/jadwal")
@needs(Permission.BILLING_RUN)
def set_billing_schedule() -> Response:
    """Bill an office on a day and hour of each month."""
    form = schedule_form(None)
    here = url_for("finance.billing", _anchor="jadwal")
    try:
        check(form)
        with transaction() as session:
            scheduling.set_schedule(
                session,
                office_id=int(form.office.data),
                day=int(form.day.data),
                hour=int(form.hour.data),
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Jadwal penagihan disimpan."), "success")
    return redirect(here)


@finance.post("/penagihan/jadwal/<int:office_id>/hapus")
@needs(Permission.BILLING_RUN)
def end_billing_schedule(office_id: int) -> Response:
    """Bill an office by hand again."""
    with transaction() as session:
        scheduling.end_schedule(session, office_id=office_id, actor_id=current_user.id)
    flash(_("Penagihan dijalankan dengan tombol lagi."), "success")
    return redirect(url_for("finance.billing", _anchor="jadwal"))


def schedule_form(rows: list[ScheduleRow] | None) -> ScheduleForm:
    """The form: as it was sent, or with the first office of these and its schedule."""
    form = ScheduleForm(request.form) if rows is None else ScheduleForm(formdata=None)
    offices = rows if rows is not None else _offices()
    form.office.choices = [SelectChoice(str(row.office_id), row.office_name) for row in offices]
    if rows:
        form.office.data = str(rows[0].office_id)
        form.day.data, form.hour.data = str(rows[0].day or 1), str(rows[0].hour or 6)
    return form


def _offices() -> list[ScheduleRow]:
    return scheduling.schedules(db.session(), current_user)
