"""Registering workers at BPJS: who waits, what to copy into the portal, and BPJS' answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import copy_sheet, registration_pasting, worker_list
from agentsys.memberships.copy_sheet import PortalRow
from agentsys.memberships.registration_pasting import Outcome, Verdict
from agentsys.memberships.worker_list import WorkerRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.sheets.tables import MOST_BYTES
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import why
from agentsys.web.texts import lazy, sentence
from agentsys.web.workers.blueprint import workers

WAITING = ListPage(
    endpoint="workers.registration",
    title=lazy("Daftarkan ke BPJS"),
    search=lazy("Nama, NIK, atau nomor KPJ"),
    tabs={"to_register": lazy("Belum didaftarkan"), "refused": lazy("Ditolak BPJS")},
    sorts={"newest": lazy("Terbaru"), "name": lazy("Nama")},
    agent=True,
)

# The columns of BPJS' portal, in its order.
FIELDS: Sequence[tuple[Any, Callable[[PortalRow], str]]] = (
    ("NIK", lambda row: row.nik),
    (lazy("Nama"), lambda row: row.name),
    (lazy("No. KK"), lambda row: row.kk),
    (lazy("Tempat lahir"), lambda row: row.birth_place),
    (lazy("Tanggal lahir"), lambda row: f"{row.birth_date:%d-%m-%Y}"),
    (lazy("Jenis kelamin"), lambda row: row.sex),
    (lazy("Nomor HP"), lambda row: row.phone),
    (lazy("Alamat"), lambda row: row.address),
    (lazy("Kelurahan"), lambda row: row.kelurahan),
    (lazy("Kecamatan"), lambda row: row.kecamatan),
    (lazy("Nama usaha"), lambda row: row.business),
    (lazy("Pekerjaan"), lambda row: row.job),
    (lazy("Penghasilan sebulan"), lambda row: str(row.income_idr)),
    (lazy("Program"), lambda row: row.programmes.value),
)


class AnswersForm(Form):
    """BPJS' answers, pasted or as a file."""

    table = TextAreaField(
        lazy("Tempel tabel"),
        description=lazy(
            "Dengan judul kolom: NIK, KPJ, STATUS (TERDAFTAR atau DITOLAK), KETERANGAN."
        ),
    )
    file = FileField(lazy("Atau pilih berkas (CSV atau XLSX)"))


@workers.route("/pendaftaran", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, searches=True)
def registration() -> Response | str:
    """The workers whom BPJS has not registered yet, and a form for its answers."""
    return ListView(WAITING).answer(_fetch, _page)


@workers.post("/pendaftaran/jawaban")
@needs(Permission.REGISTRATION_RECORD)
def paste_registrations() -> Response | str | tuple[str, int]:
    """Record BPJS' answers; lines that changed nothing come back with the reason."""
    form = AnswersForm()
    if not form.validate():
        return _page(_view(), form=form), 422
    upload = form.file.data
    content = upload.read(MOST_BYTES + 1) if upload else b""
    try:
        if len(content) > MOST_BYTES:
            raise Invalid("Berkas terlalu besar (paling banyak 2 MB).", about="file")
        with transaction() as session:
            outcomes = registration_pasting.record_pasted(
                session,
                content or form.table.data or "",
                vault=runtime().vault,
                actor=current_user,
            )
    except Refused as refused:
        form.form_errors.append(why(refused))
        return _page(_view(), form=form), 422
    if told := _told(outcomes):
        flash(told, "success")
    problems = registration_pasting.problems(outcomes)
    if problems:
        return _page(_view(), form=form, problems=problems)
    return redirect(url_for("workers.registration"))


@workers.get("/pendaftaran/daftar.xlsx")
@needs(Permission.REGISTRATION_RECORD)
def registration_file() -> Response:
    """All who wait, with whole NIKs, in the portal's order; the export is recorded."""
    return sheets.download(
        "pendaftaran-bpjs.xlsx",
        _("Pekerja yang belum didaftarkan ke BPJS"),
        [str(label) for label, _of in FIELDS],
        ([of(row) for _label, of in FIELDS] for row in _exported()),
    )


@workers.get("/pendaftaran/daftar.csv")
@needs(Permission.REGISTRATION_RECORD)
def registration_csv() -> FlaskResponse:
    """The same as text."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow([str(label) for label, _of in FIELDS])
    lines.writerows([_as_text(of(row)) for _label, of in FIELDS] for row in _exported())
    content = "\ufeff" + written.getvalue()
    return sheets.attachment("pendaftaran-bpjs.csv", content.encode(), "text/csv; charset=utf-8")


@workers.post("/<int:worker_id>/lembar-salin")
@needs(Permission.REGISTRATION_RECORD)
def copy_page(worker_id: int) -> str:
    """One worker's data in the portal's order, with buttons to copy; reading is recorded."""
    with transaction() as session:
        row = copy_sheet.one_row(
            session, worker_id=worker_id, vault=runtime().vault, actor=current_user
        )
    return render_template(
        "workers/copy_sheet.html",
        worker={"id": row.worker_id, "name": row.name},
        fields=[(label, of(row)) for label, of in FIELDS],
    )


def _exported() -> list[PortalRow]:
    with transaction() as session:
        return copy_sheet.waiting_rows(session, vault=runtime().vault, actor=current_user)


def _as_text(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _told(outcomes: Sequence[Outcome]) -> str:
    done = sum(outcome.verdict is Verdict.REGISTERED for outcome in outcomes)
    refused = sum(outcome.verdict is Verdict.REFUSED for outcome in outcomes)
    parts = []
    if done:
        parts.append(ngettext("%(num)d KPJ dicatat.", "%(num)d KPJ dicatat.", done))
    if refused:
        parts.append(ngettext("%(num)d penolakan dicatat.", "%(num)d penolakan dicatat.", refused))
    return " ".join(parts)


def _fetch(asked: ListRequest) -> Page[WorkerRow]:
    return worker_list.to_register(db.session(), current_user, vault=runtime().vault, asked=asked)


def _view() -> ListView:
    view = ListView(WAITING)
    return view.show(_fetch(view.request))


def _page(
    view: ListView, *, form: AnswersForm | None = None, problems: Sequence[Outcome] = ()
) -> str:
    may_record = current_user.can(Permission.REGISTRATION_RECORD)
    return render_template(
        "workers/registration.html",
        listing=view,
        tabs=view.tabs(),
        form=(form or AnswersForm(formdata=None)) if may_record else None,
        problems=[
            {"number": outcome.number, "sentence": sentence(outcome.sentence)}
            for outcome in problems
        ],
        most_bytes=MOST_BYTES,
    )
