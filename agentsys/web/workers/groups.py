"""The groups of an office's workers: listed, added, renamed, closed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.texts import lazy
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.group_words import ECOSYSTEM, ECOSYSTEMS, KINDS
from agentsys.workers import group_queries, groups
from agentsys.workers.group_queries import GroupRow
from agentsys.workers.kinds import LONGEST_GROUP, Ecosystem, GroupKind

GROUPS = ListPage(
    endpoint="workers.groups",
    title=lazy("Kelompok pekerja"),
    search=lazy("Nama kelompok"),
    tabs={"open": lazy("Dipakai"), "closed": lazy("Ditutup"), "all": lazy("Semua")},
    states=KINDS,
    states_label=lazy("Jenis"),
    ecosystems=ECOSYSTEMS,
    sorts={"name": lazy("Nama"), "newest": lazy("Terbaru")},
    personal=False,
    filename="kelompok",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        (lazy("Jenis"), lambda row: str(KINDS[row.kind])),
        (ECOSYSTEM, lambda row: str(ECOSYSTEMS[row.ecosystem])),
        (lazy("Kantor"), lambda row: row.office_name),
        (lazy("Jumlah pekerja"), lambda row: row.workers),
        (lazy("Ditutup"), lambda row: row.closed_on.isoformat() if row.closed_on else ""),
    ),
)


class GroupForm(Form):
    """The name of a group, and the ecosystem in which it is."""

    name = StringField(lazy("Nama"), validators=[InputRequired(), Length(max=LONGEST_GROUP)])
    ecosystem = SelectField(
        ECOSYSTEM, choices=[SelectChoice(str(key), label) for key, label in ECOSYSTEMS.items()]
    )


class NewGroupForm(GroupForm):
    """A group to add; `office` only for who sees more than one."""

    office = SelectField(lazy("Kantor"))
    kind = SelectField(
        lazy("Jenis"), choices=[SelectChoice(str(key), label) for key, label in KINDS.items()]
    )


@workers.get("/kelompok", endpoint="groups")
@needs(Permission.WORKER_READ)
def index() -> Response | str:
    """The groups of the user's offices, and a form to add one."""
    return ListView(GROUPS).answer(_fetch, lambda view: _page(view, _form(sent=False)))


@workers.post("/kelompok", endpoint="add_group")
@needs(Permission.WORKER_CHANGE)
def add() -> Response | tuple[str, int]:
    """Add a group."""
    form = _form(sent=True)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                groups.add(
                    session,
                    office_id=int(form.office.data),
                    ecosystem=Ecosystem(form.ecosystem.data),
                    kind=GroupKind(form.kind.data),
                    name=form.name.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Kelompok %(name)s ditambahkan.", name=form.name.data), "success")
            return redirect(url_for("workers.groups"))
    view = ListView(GROUPS)
    return _page(view.show(_fetch(view.request)), form), 422


@workers.route("/kelompok/<int:group_id>", methods=["GET", "POST"], endpoint="group")
@needs(Permission.WORKER_READ, to_write=Permission.WORKER_CHANGE)
def change(group_id: int) -> Response | str | tuple[str, int]:
    """One group, with a form to rename it."""
    found = group_queries.group_in_scope(db.session(), current_user, group_id)
    if request.method == "GET":
        data = {"name": found.name, "ecosystem": found.ecosystem.value}
        return _one(found, GroupForm(formdata=None, data=data))
    form = GroupForm()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                groups.rename(
                    session,
                    group_id=group_id,
                    ecosystem=Ecosystem(form.ecosystem.data),
                    name=form.name.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Kelompok diubah."), "success")
            return redirect(url_for("workers.group", group_id=group_id))
    return _one(found, form), 422


@workers.post("/kelompok/<int:group_id>/tutup", endpoint="close_group")
@needs(Permission.WORKER_CHANGE)
def close(group_id: int) -> Response:
    """Close the group, or open it again."""
    found = group_queries.group_in_scope(db.session(), current_user, group_id)
    here = url_for("workers.group", group_id=group_id)
    opens = request.form.get("action") == "open"
    try:
        with transaction() as session:
            act = groups.reopen if opens else groups.close
            act(session, group_id=group_id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    if opens:
        flash(_("Kelompok %(name)s dibuka lagi.", name=found.name), "success")
    else:
        flash(_("Kelompok %(name)s ditutup.", name=found.name), "success")
    return redirect(here)


def _form(*, sent: bool) -> NewGroupForm:
    form = NewGroupForm() if sent else NewGroupForm(formdata=None)
    offices = scope.offices(db.session(), current_user)
    form.office.choices = [SelectChoice(str(number), name) for number, name in offices]
    if form.office.data in (None, "") and len(offices) == 1:
        form.office.data = str(offices[0][0])
    return form


def _fetch(asked: ListRequest) -> Page[GroupRow]:
    return group_queries.groups(db.session(), current_user, asked)


def _page(view: ListView, form: NewGroupForm) -> str:
    return render_template(
        "workers/groups.html",
        listing=view,
        tabs=view.tabs(),
        form=form,
        ecosystems=ECOSYSTEMS,
        kinds=KINDS,
        may_change=current_user.can(Permission.WORKER_CHANGE),
        one_office=current_user.office_id is not None,
    )


def _one(found: GroupRow, form: GroupForm) -> str:
    return render_template(
        "workers/group.html",
        group=found,
        form=form,
        kind=KINDS[found.kind],
        ecosystem=ECOSYSTEMS[found.ecosystem],
        may_change=current_user.can(Permission.WORKER_CHANGE),
    )
