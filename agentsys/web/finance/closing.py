"""Closing the months of an office: the checklist, the button, and the reports of closed months."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.closing import checklist, closings, queries, reopening
from agentsys.closing.queries import ClosingOffice, ClosingRow
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.months import parse_month
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.closing_tables import of_closing
from agentsys.web.finance.forms import CloseMonthForm, ReopenMonthForm
from agentsys.web.responses import check, why
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import month as month_words

SHOWN = 50  # rows of a table on the page; the files have them all


@finance.get("/tutup-bulan")
@needs(Permission.BOOKS_READ)
def closing() -> str:
    """The checklist of the next month of an office, and the months that were closed."""
    return _page(CloseMonthForm(formdata=None), _office(db.session(), request.args.get("kantor")))


@finance.post("/tutup-bulan")
@needs(Permission.MONTH_CLOSE)
def close_month() -> Response | tuple[str, int]:
    """Lock a month, then seal it; a job seals it if this process cannot."""
    form = CloseMonthForm(request.form)
    session = db.session()
    office = _office(session, request.form.get("office"))
    if office is None:
        raise NotFound()
    _offer(session, form, office)
    try:
        check(form)
        with transaction() as writing:
            locked = closings.lock(
                writing,
                office_id=office.id,
                month=parse_month(form.month.data or ""),
                note=form.note.data or "",
                actor_id=current_user.id,
            )
            closing_id, what = locked.id, month_words(locked.month)
    except Refused as refused:
        error = why(refused)
        db.session().rollback()
        return _page(form, _office(db.session(), request.form.get("office")), error=error), 422
    with transaction() as writing:
        closings.seal(writing, closing_id=closing_id)
    flash(_("%(month)s ditutup.", month=what), "success")
    return redirect(url_for("finance.closed_month", closing_id=closing_id))


@finance.get("/tutup-bulan/<int:closing_id>")
@needs(Permission.BOOKS_READ)
def closed_month(closing_id: int) -> str:
    """The report of a closed month."""
    return closed_page(closing_id, ReopenMonthForm(formdata=None))


def closed_page(closing_id: int, form: ReopenMonthForm) -> str:
    """The report of a closed month, with the form to ask that it be reopened."""
    session = db.session()
    found = found_closing(session, closing_id)
    may = current_user.can(Permission.MONTH_REOPEN)
    return render_template(
        "finance/closed_month.html",
        closing=found,
        form=form,
        can_ask=may and not found.waits and reopening.is_newest(session, found.id),
        can_decide=may,
        own=found.reopen_asked_by == current_user.id,
        not_yet=wait_for(found.reopen_asked_by) if found.waits else "",
        sections=of_closing(session, found) if found.seal else [],
        most={"titipan": SHOWN, "susulan": SHOWN},
    )


def found_closing(session: Session, closing_id: int) -> ClosingRow:
    """A closed month that the user may see, or NotFound."""
    found = queries.closing(session, current_user, closing_id)
    if found is None:
        raise NotFound()
    return found


def _page(form: CloseMonthForm, office: ClosingOffice | None, *, error: str = "") -> str:
    session = db.session()
    items: list[dict[str, Any]] = []
    months = _offer(session, form, office) if office else []
    if office and months:
        chosen = parse_month(form.month.data) if form.month.data in _values(form) else months[0]
        items = _items(session, office, chosen)
    return render_template(
        "finance/closing.html",
        offices=scope.offices(session, current_user),
        office=office,
        form=form,
        items=items,
        needs_reason=any(item["open"] and not item["blocks"] for item in items),
        blocked=any(item["open"] and item["blocks"] for item in items),
        closings=queries.closings(session, current_user),
        error=error,
        writable=current_user.can(Permission.MONTH_CLOSE),
    )


def _items(session: Session, office: ClosingOffice, month: Any) -> list[dict[str, Any]]:
    until = closings.ends_at(month, office.zone)
    about: dict[str, Any] = {"kantor": office.id, "bulan": f"{month:%Y-%m}"}
    return [
        {
            "title": _(item.check.title),
            "url": url_for(item.check.endpoint, **(about if item.check.of_month else {})),
            "open": item.is_open,
            "blocks": item.check.blocks,
            "count": item.found.count,
            "amount_idr": item.found.amount_idr,
        }
        for item in checklist.look(session, office_id=office.id, until=until)
    ]


def _office(session: Session, asked: str | None) -> ClosingOffice | None:
    """The office that was asked for, or the first one of the user's."""
    offered = scope.offices(session, current_user)
    wanted = [number for number, _name in offered if asked in (None, "", str(number))]
    if asked and not wanted:
        raise NotFound()
    return queries.office_of(session, wanted[0]) if wanted else None


def _offer(session: Session, form: CloseMonthForm, office: ClosingOffice) -> list[Any]:
    months = closings.to_close(session, office_id=office.id, zone=office.zone)
    form.office.choices = [SelectChoice(str(office.id), office.name)]
    form.office.data = str(office.id)
    form.month.choices = [SelectChoice(f"{each:%Y-%m}", month_words(each)) for each in months]
    if months and form.month.data is None:
        form.month.data = f"{months[0]:%Y-%m}"
    return months


def _values(form: CloseMonthForm) -> set[str]:
    return {str(choice.value) for choice in form.month.choices}
