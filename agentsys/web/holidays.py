"""Public holidays, and the due days that they lead to: admins of all offices may change them."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from agentsys import clock
from agentsys.contributions import due, holiday_changes, holidays
from agentsys.contributions.holiday_models import LONGEST_NAME, LONGEST_SOURCE
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.web.access import blueprint_for, needs
from agentsys.web.forms import Form
from agentsys.web.responses import check, said, why
from agentsys.web.texts import lazy

MONTHS = 12
CERTAINTIES = {
    "secondary": lazy("perlu dipastikan"),
    "unsure": lazy("belum dipastikan"),
    "recorded": lazy("dicatat di sini"),
}

holiday_pages = blueprint_for(
    "holidays", __name__, permission=Permission.BILLING_READ, url_prefix="/hari-libur"
)


class HolidayForm(Form):
    """A day that is a public holiday."""

    day = DateField(lazy("Tanggal"), validators=[InputRequired()])
    name = StringField(
        lazy("Nama hari libur"), validators=[InputRequired(), Length(max=LONGEST_NAME)]
    )
    source = StringField(
        lazy("Sumber"),
        validators=[InputRequired(), Length(max=LONGEST_SOURCE)],
        description=lazy("Seperti nomor dan tanggal SKB."),
    )


@holiday_pages.get("/")
def index() -> str:
    """The page of holidays: this year's, the next year's, and the next due days."""
    return _page(HolidayForm(formdata=None))


@holiday_pages.post("/")
@needs(Permission.HOLIDAY_SET)
def add() -> Response | tuple[str, int]:
    """Record a holiday."""
    form = HolidayForm()
    try:
        check(form)
        assert form.day.data is not None
        with transaction() as session:
            holiday_changes.add(
                session,
                day=form.day.data,
                name=form.name.data or "",
                source=form.source.data or "",
                actor=current_user,
            )
    except NotFound:
        raise
    except Refused as refused:
        return _page(form, error=why(refused)), 422
    flash(_("Hari libur dicatat. Jatuh tempo dan pengingat menyesuaikan."), "success")
    return redirect(url_for("holidays.index"))


@holiday_pages.post("/hapus")
@needs(Permission.HOLIDAY_SET)
def remove() -> Response:
    """Let a day be no holiday any more."""
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise NotFound() from None
    try:
        with transaction() as session:
            holiday_changes.remove(
                session, day=day, reason=request.form.get("reason", ""), actor=current_user
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, url_for("holidays.index"))
    flash(_("Hari itu bukan hari libur lagi."), "success")
    return redirect(url_for("holidays.index"))


def _page(form: HolidayForm, *, error: str = "") -> str:
    session = db.session()
    holidays.refresh(session)
    this_month = clock.this_month()
    months = [add_months(this_month, step) for step in range(MONTHS)]
    return render_template(
        "tariffs/holidays.html",
        holidays=holidays.between(this_month.replace(month=1), date(this_month.year + 1, 12, 31)),
        certainties=CERTAINTIES,
        due=[
            {"month": month, "due_on": due.due_on(month), "usual": month.replace(day=rules.due_day)}
            for month in months
            for rules in [due.rules_in(month)]
        ],
        rules=due.rules_in(this_month),
        form=form,
        error=error,
        writable=holiday_changes.may_set(session, current_user),
    )
