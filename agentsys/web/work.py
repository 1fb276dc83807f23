"""The pages of the work queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, Optional

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.figures import kept
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.web import work_figures
from agentsys.web.access import blueprint_for, needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import check, said, why
from agentsys.web.texts import day, lazy, translated, zone_name
from agentsys.web.waiting import counted, note_counted
from agentsys.web.work_words import about, decision_url, facts, reading_url
from agentsys.work import assignments, first_page, queries
from agentsys.work.counts import Count
from agentsys.work.items import Item
from agentsys.work.kind import Group
from agentsys.work.kinds import KINDS

GROUPS = {
    Group.CASES: lazy("Kasus"),
    Group.CASH: lazy("Setoran agen"),
    Group.BPJS: lazy("BPJS"),
    Group.COMMISSION: lazy("Komisi"),
    Group.LISTS: lazy("Daftar pekerja"),
}
GROUP_ICONS = {
    Group.CASES: "search-check",
    Group.CASH: "hand-coins",
    Group.BPJS: "send",
    Group.COMMISSION: "badge-check",
    Group.LISTS: "file-spreadsheet",
}

INBOX = ListPage(
    endpoint="work.inbox",
    title=lazy("Kotak kerja"),
    search=lazy("Nama, bukti, kode, atau alasan"),
    sorts={"due": lazy("Tenggat"), "amount": lazy("Jumlah"), "since": lazy("Umur")},
    tabs={
        "all": lazy("Semua"),
        "late": lazy("Lewat tenggat"),
        "mine": lazy("Saya pegang"),
        **{group.value: label for group, label in GROUPS.items()},
    },
    states={kind.key: kind.title for kind in KINDS},
    states_label=lazy("Perkara"),
    agent=True,
    sums=True,
    filename="kotak-kerja",
    columns=(
        (lazy("Perkara"), lambda item: translated(item.kind.title)),
        (lazy("Keterangan"), lambda item: about(item.about)),
        (lazy("Pekerja"), lambda item: item.worker),
        (lazy("Agen"), lambda item: item.agent),
        (lazy("Kantor"), lambda item: item.office),
        (lazy("Jumlah"), lambda item: item.amount_idr or 0),
        (lazy("Sejak"), lambda item: day(item.since)),
        (lazy("Tenggat"), lambda item: day(item.due_at)),
        (lazy("Pemegang"), lambda item: item.holder),
    ),
)


class HandOverForm(Form):
    """To whom, why, and until when."""

    to = IntegerField(lazy("Kepada"), validators=[InputRequired()])
    # A prefix that keeps ids unique when two forms are on the page.
    note = StringField(lazy("Catatan"), id="serah-note", validators=[Length(max=200)])
    due = DateField(lazy("Tenggat"), id="serah-due", validators=[Optional()])


work = blueprint_for("work", __name__, permission=Permission.WORK_READ, url_prefix="/kotak-kerja")


@work.route("/", methods=["GET", "POST"])
@needs(Permission.WORK_READ, searches=True)
def inbox() -> str | Response:
    """The items for the user, earliest due first; or a spreadsheet of them."""
    view = ListView(INBOX)
    session = db.session()

    def fetch(asked: ListRequest) -> Page[Item]:
        return queries.waiting(session, current_user, asked)

    other = view.redirect_or_file(fetch)
    return _page(session, view) if other is None else other


@work.get("/<kind>/<subject>")
def item(kind: str, subject: str) -> str:
    """One item: its facts, its holder, and a link to the page that decides it."""
    return _item_page(kind, subject)


@work.post("/<kind>/<subject>/ambil")
@needs(Permission.WORK_TAKE)
def take(kind: str, subject: str) -> Response:
    """Make the user the holder of an item."""
    change = partial(assignments.take, kind=kind, subject=subject, actor=current_user)
    return _changed(kind, subject, change, _("Pekerjaan ini Anda pegang sekarang."))


@work.post("/<kind>/<subject>/lepas")
@needs(Permission.WORK_TAKE)
def give_back(kind: str, subject: str) -> Response:
    """Give an item back, so that any colleague can take it."""
    change = partial(assignments.give_back, kind=kind, subject=subject, actor=current_user)
    text = _("Pekerjaan ini dilepas. Rekan lain dapat mengambilnya.")
    return _changed(kind, subject, change, text)


def _changed(kind: str, subject: str, change: Callable[[Session], object], text: str) -> Response:
    """The item's page after a change of its holder: what was done, or why it was refused."""
    here = url_for("work.item", kind=kind, subject=subject)
    try:
        with transaction() as session:
            change(session)
    except Refused as refused:
        return said(refused, here)
    flash(text, "success")
    return redirect(here)


@work.post("/<kind>/<subject>/serahkan")
@needs(Permission.WORK_TAKE)
def hand_over(kind: str, subject: str) -> Response | tuple[str, int]:
    """Hand an item over to a colleague, with a note and perhaps another due day."""
    form = HandOverForm(request.form)
    try:
        check(form)
        with transaction() as session:
            held = assignments.hand_over(
                session,
                kind=kind,
                subject=subject,
                to_id=form.to.data or 0,
                actor=current_user,
                note=form.note.data or "",
                due_at=_end_of(form.due.data),
            )
            name = names_of(session, [held.holder_id])[held.holder_id]
    except Refused as refused:
        return _item_page(kind, subject, form=form, error=why(refused)), 422
    flash(_("Pekerjaan diserahkan kepada %(name)s.", name=name), "success")
    return redirect(url_for("work.item", kind=kind, subject=subject))


def _end_of(date_: date | None) -> datetime | None:
    """The last minute of a day in the time zone of the user's office."""
    return datetime.combine(date_, time(23, 59), tzinfo=ZoneInfo(zone_name())) if date_ else None


def _item_page(
    kind: str, subject: str, *, form: HandOverForm | None = None, error: str = ""
) -> str:
    session = db.session()
    found = queries.one(session, current_user, kind=kind, subject=subject)
    return render_template(
        "work/item.html",
        item=_row(found),
        facts=facts(session, found),
        colleagues=assignments.colleagues(session, found, actor=current_user),
        form=form or HandOverForm(formdata=None),
        error=error,
        writable=current_user.can(Permission.WORK_TAKE),
    )


def _page(session: Session, view: ListView) -> str:
    found: Sequence[Count]
    if first_page.is_asked_for(view.request):
        user = current_user._get_current_object()
        found, page = first_page.read(session, user, view.request)
        note_counted(found)
    else:
        found = counted()
        page = queries.waiting(session, current_user, view.request, counted=found)
    kinds = {count.kind.key: translated(count.kind.title) for count in found}
    view.about = replace(INBOX, states=dict(sorted(kinds.items(), key=lambda kind: kind[1])))
    view.show(page)
    return render_template(
        "work/inbox.html",
        counted_at=kept.shown_at(session, current_user),
        figures=work_figures.figures(session, found),
        tabs=_tabs(view, found),
        list=view,
        items=[_row(row) for row in page.rows],
        writable=current_user.can(Permission.WORK_TAKE),
    )


def _tabs(view: ListView, found: Sequence[Count]) -> list[dict[str, Any]]:
    """The tabs that have items, and the tab of all items."""
    numbers: dict[str, int] = {
        "all": sum(count.number for count in found),
        "late": sum(count.late for count in found),
        "mine": sum(count.mine for count in found),
    }
    for group in Group:
        numbers[group.value] = sum(count.number for count in found if count.kind.group is group)
    names = dict(zip(INBOX.tabs, view.tabs(numbers), strict=True))
    return [
        tab | {"tone": "bad" if name == "late" and tab["count"] else ""}
        for name, tab in names.items()
        if tab["count"] or tab["current"] or name == "all"
    ]


def _row(found: Item) -> dict[str, Any]:
    who = found.worker or found.agent or ("" if current_user.office_id else found.office)
    return {
        "kind": found.kind.key,
        "subject": found.subject,
        "title": translated(found.kind.title),
        "icon": GROUP_ICONS[found.kind.group],
        "about": about(found.about),
        "who": who,
        "agent": found.agent if found.worker else "",
        "by_agent": found.agent,
        "office": found.office,
        "amount_idr": found.amount_idr,
        "since": found.since,
        "due_at": found.due_at,
        "late": found.is_late,
        "holder": found.holder,
        "mine": found.holder_id == current_user.id,
        "taken_at": found.taken_at,
        "handed_by": found.handed_by,
        "note": found.note,
        "escalated": found.escalated,
        "url": url_for("work.item", kind=found.kind.key, subject=found.subject),
        "decide_url": decision_url(found),
        "read_url": reading_url(found),
    }
