"""The list of workers of an office or team."""

from __future__ import annotations

from flask import render_template
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import worker_list
from agentsys.memberships.worker_list import WorkerRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import lazy
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.group_words import ECOSYSTEM, ECOSYSTEMS, GROUP, by_kind
from agentsys.workers import group_queries

WORKERS = ListPage(
    endpoint="workers.index",
    title=lazy("Pekerja"),
    search=lazy("Nama, NIK, atau nomor KPJ"),
    tabs={
        "all": lazy("Semua"),
        "to_register": lazy("Belum didaftarkan ke BPJS"),
        "refused": lazy("Ditolak BPJS"),
    },
    sorts={"name": lazy("Nama"), "newest": lazy("Terbaru")},
    agent=True,
    ecosystems=ECOSYSTEMS,
    groups=True,
    filename="pekerja",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        ("NIK", lambda row: row.nik_masked),
        ("KPJ", lambda row: row.kpj),
        (lazy("Kelurahan"), lambda row: row.kelurahan),
        (ECOSYSTEM, lambda row: str(ECOSYSTEMS[row.ecosystem]) if row.ecosystem else ""),
        (GROUP, lambda row: row.group_name),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Alasan BPJS menolak"), lambda row: row.registration_note),
    ),
)


@workers.route("/", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, searches=True)
def index() -> Response | str:
    """The workers in the user's reach."""
    view = ListView(WORKERS)
    view.groups = by_kind(group_queries.choices_in_scope(db.session(), current_user))
    return view.answer(_fetch, _page)


def _fetch(asked: ListRequest) -> Page[WorkerRow]:
    return worker_list.workers(db.session(), current_user, vault=runtime().vault, asked=asked)


def _page(view: ListView) -> str:
    return render_template("workers/index.html", listing=view, tabs=view.tabs())
