"""Statements of banks and gateways: the accounts, an upload, and the newest files."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.file import FileRequired
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys import jobs, statement_jobs
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.statements import accounts, queries, uploading
from agentsys.statements.models import FileState
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.gateway_payouts import provider_choices
from agentsys.web.finance.statement_words import STATES, layout_title
from agentsys.web.forms import Form
from agentsys.web.responses import blaming
from agentsys.web.texts import lazy

MEGABYTE = 1024 * 1024
NEWEST = 15
ALL_OFFICES = "0"


class StatementForm(Form):
    """A statement as it was downloaded, and whose it is."""

    account = SelectField(lazy("Rekening"), validators=[InputRequired()])
    file = FileField(lazy("Berkas mutasi"), validators=[FileRequired()])


class AccountForm(Form):
    """An account whose statements will be uploaded."""

    name = StringField(lazy("Nama rekening"), validators=[InputRequired(), Length(max=60)])
    number = StringField(
        lazy("4 angka terakhir nomor rekening"),
        validators=[Optional(), Length(max=30)],
        description=lazy("Supaya mutasi rekening lain ditolak."),
    )
    provider = SelectField(
        lazy("Isi laporannya"), description=lazy("Mutasi bank, atau laporan satu penyedia.")
    )
    office = SelectField(lazy("Kantor"))


@finance.get("/mutasi")
@needs(Permission.BANK_STATEMENT_READ)
def statements() -> str:
    """The accounts, how far their statements go, what waits, and the newest uploads."""
    return _page()


@finance.post("/mutasi")
@needs(Permission.BANK_STATEMENT_UPLOAD)
def upload_statement() -> Response | tuple[str, int]:
    """Store a statement, which a job reads; the same bytes again show what they brought."""
    form = _statement_form()
    if form.validate():
        with blaming(form):
            content = _content(form.file.data)
            with transaction() as session:
                stored = uploading.upload(
                    session,
                    vault=runtime().vault,
                    account_id=int(form.account.data),
                    filename=form.file.data.filename or "",
                    content=content,
                    actor_id=current_user.id,
                )
                if stored.state is FileState.WAITING:
                    once = f"import_statement:{stored.id}"
                    jobs.defer(
                        session, statement_jobs.import_statement, once=once, file_id=stored.id
                    )
                elif stored.state is FileState.DONE:
                    flash(_("Berkas ini sudah pernah diunggah. Tidak ada yang berubah."), "info")
                return redirect(url_for("finance.statement_file", bank_file_id=stored.id))
    return _page(form=form), 422


@finance.post("/mutasi/rekening")
@needs(Permission.BANK_STATEMENT_UPLOAD)
def add_bank_account() -> Response | tuple[str, int]:
    """Add an account."""
    form = _account_form()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                accounts.add_account(
                    session,
                    office_id=None if form.office.data == ALL_OFFICES else int(form.office.data),
                    name=form.name.data or "",
                    provider=form.provider.data or "",
                    number=form.number.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Rekening ditambahkan. Unggah mutasinya."), "success")
            return redirect(url_for("finance.statements"))
    return _page(account_form=form), 422


def _content(upload: FileStorage) -> bytes:
    most = runtime().settings.upload_mb
    content = upload.read()
    if len(content) > most * MEGABYTE:
        raise Invalid(
            "Berkas ini lebih besar dari {most} MB. Bagi menjadi beberapa.", most=most, about="file"
        )
    return content


def _statement_form(*, blank: bool = False) -> StatementForm:
    form = StatementForm(formdata=None) if blank else StatementForm()
    rows = queries.accounts(db.session(), current_user)
    form.account.choices = [
        SelectChoice(
            str(row.id), f"{row.name} · {row.office_name}" if row.office_name else row.name
        )
        for row in rows
    ]
    return form


def _account_form(*, blank: bool = False) -> AccountForm:
    form = AccountForm(formdata=None) if blank else AccountForm(request.form)
    session = db.session()
    offices = [
        SelectChoice(str(number), name) for number, name in scope.offices(session, current_user)
    ]
    if current_user.sees_all_offices:
        offices.insert(0, SelectChoice(ALL_OFFICES, _("Dipakai bersama semua kantor")))
    form.office.choices = offices
    form.provider.choices = [
        SelectChoice("", _("Mutasi rekening bank")),
        *(
            SelectChoice(choice.value, _("Laporan penyelesaian %(name)s", name=choice.label))
            for choice in provider_choices(session)
        ),
    ]
    return form


def _page(*, form: StatementForm | None = None, account_form: AccountForm | None = None) -> str:
    session = db.session()
    return render_template(
        "finance/statements.html",
        accounts=queries.accounts(session, current_user),
        files=queries.newest_files(session, current_user, limit=NEWEST),
        states=STATES,
        layout_title=layout_title,
        writable=current_user.can(Permission.BANK_STATEMENT_UPLOAD),
        form=form or _statement_form(blank=True),
        account_form=account_form or _account_form(blank=True),
        most_bytes=runtime().settings.upload_mb * MEGABYTE,
    )
