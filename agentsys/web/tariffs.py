"""Tariff tables: what counts, proposing one by file or on a screen, and its release by a second."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import tariff
from agentsys.contributions.tariff_models import TariffKind, TariffState
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.sheets.refusals import FileRefused
from agentsys.sheets.tables import MOST_BYTES, TableRow
from agentsys.tariffs import deciding, queries, reading
from agentsys.web import month_billing
from agentsys.web.access import blueprint_for, needs
from agentsys.web.responses import check, why
from agentsys.web.second_persons import wait_for
from agentsys.web.sheets import attachment
from agentsys.web.tariff_forms import CERTAINTIES, KINDS, SECTORS, ScreenForm, UploadForm
from agentsys.web.texts import sentence

SPARE = 3  # empty rows below those of the table in force

tariffs = blueprint_for("tariffs", __name__, permission=Permission.TARIFF_READ, url_prefix="/tarif")


@tariffs.get("/")
def index() -> str:
    """What counts this month, the proposed tables, and the upload."""
    return _index(UploadForm(formdata=None))


@tariffs.post("/")
@needs(Permission.TARIFF_PROPOSE)
def upload() -> Response | tuple[str, int]:
    """Propose the table of a file."""
    form = UploadForm()
    try:
        check(form)
        content = form.file.data.read(MOST_BYTES + 1) if form.file.data else b""
        table = reading.from_file(TariffKind(form.kind.data), content)
        return _proposed(table, form.source.data or "")
    except NotFound:
        raise
    except FileRefused as refused:
        return _index(form, error=sentence(refused.message)), 422
    except Refused as refused:
        return _index(form, error=why(refused), wrong=_wrong(refused)), 422


@tariffs.get("/baru")
@needs(Permission.TARIFF_PROPOSE)
def write() -> str:
    """A screen with the rows in force, to be changed into a new table."""
    kind = _kind(request.args.get("jenis", TariffKind.JKK.value))
    month = month_billing.month_or_none(request.args.get("bulan", ""))
    month = month or add_months(clock.this_month(), 1)
    rows = queries.lines_of(db.session(), kind, month)
    form = ScreenForm(formdata=None, kind=kind.value, valid_from=f"{month:%Y-%m}")
    return _screen(kind, form, rows)


@tariffs.post("/baru")
@needs(Permission.TARIFF_PROPOSE)
def propose() -> Response | tuple[str, int]:
    """Propose the table of the screen."""
    form = ScreenForm()
    kind = _kind(form.kind.data or "")
    rows = _typed(kind)
    try:
        check(form)
        head = {
            name: str(form[name].data or "").strip()
            for name in ("instrument", "valid_from", "valid_until", "certainty")
        }
        certain = kind is TariffKind.DISCOUNT  # each row has its own
        lines = [
            TableRow(number, head | row if certain else row | head)
            for number, row in enumerate(rows, 1)
            if any(row.get(name) for name in ("income_from", "amount_idr", "percent_to_pay"))
        ]
        return _proposed(reading.from_rows(kind, lines), form.source.data or "")
    except NotFound:
        raise
    except Refused as refused:
        page = _screen(kind, form, rows, error=why(refused), wrong=_wrong(refused))
        return page, 422


@tariffs.get("/<int:tariff_id>")
def table(tariff_id: int) -> str:
    """A proposed table, what it would change, and the decision."""
    return _table(tariff_id)


@tariffs.post("/<int:tariff_id>")
@needs(Permission.TARIFF_RELEASE)
def decide(tariff_id: int) -> Response | tuple[str, int]:
    """Release a table as a second person, refuse it, or withdraw the own one."""
    action = request.form.get("action", "")
    if action not in set(deciding.TariffAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = deciding.decide_table(
                session,
                tariff_id=tariff_id,
                action=deciding.TariffAction(action),
                actor_id=current_user.id,
                seen=request.form.get("seen", ""),
                reason=request.form.get("reason", ""),
            )
            state = found.state
    except NotFound:
        raise
    except Refused as refused:
        return _table(tariff_id, error=why(refused), reason=request.form.get("reason", "")), 422
    flash(
        _("Tabel dirilis. Tagihan yang belum dibayar memakai iuran yang baru.")
        if state is TariffState.RELEASED
        else _("Tabel tidak dirilis."),
        "success",
    )
    return redirect(url_for("tariffs.table", tariff_id=tariff_id))


@tariffs.get("/berkas.csv")
def file() -> Response:
    """The rows in force in a month as a file that can be changed and uploaded."""
    kind = _kind(request.args.get("jenis", TariffKind.JKK.value))
    month = month_billing.month_or_none(request.args.get("bulan", "")) or clock.this_month()
    rows = queries.lines_of(db.session(), kind, month)
    written = io.StringIO()
    columns = reading.COLUMNS[kind is TariffKind.DISCOUNT]
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    name = f"iuran-{kind.value}-{month:%Y-%m}.csv"
    return attachment(name, written.getvalue().encode(), "text/csv")


def _kind(text: str) -> TariffKind:
    if text not in set(TariffKind):
        raise NotFound()
    return TariffKind(text)


def _typed(kind: TariffKind) -> list[dict[str, str]]:
    """The rows of the screen, as they were typed."""
    names = [
        name
        for name in reading.COLUMNS[kind is TariffKind.DISCOUNT]
        if name not in ("instrument", "valid_from", "valid_until", "certainty")
    ]
    if kind is TariffKind.DISCOUNT:
        names.append("row_certainty")
    lists = [request.form.getlist(name)[: reading.MOST_ROWS + 1] for name in names]
    rows = [
        dict(zip(names, (cell.strip().replace("\0", "") for cell in cells), strict=True))
        for cells in zip_longest(*lists, fillvalue="")
    ]
    for row in rows:
        if "row_certainty" in row:
            row["certainty"] = row.pop("row_certainty")
    return rows


def _proposed(found: reading.Table, source: str) -> Response:
    with transaction() as session:
        row = deciding.propose(session, table=found, source=source, actor_id=current_user.id)
        tariff_id = row.id
    flash(_("Tabel diusulkan. Orang kedua memeriksa dan merilisnya."), "success")
    return redirect(url_for("tariffs.table", tariff_id=tariff_id))


def _wrong(refused: Refused) -> list[dict[str, Any]]:
    if not isinstance(refused, reading.RowsWrong):
        return []
    return [{"row": number, "why": sentence(message)} for number, message in refused.rows]


def _index(form: UploadForm, *, error: str = "", wrong: Sequence[Mapping[str, Any]] = ()) -> str:
    session = db.session()
    month = month_billing.month_or_none(request.args.get("bulan", "")) or clock.this_month()
    return render_template(
        "tariffs/index.html",
        month=month,
        months=[add_months(clock.this_month(), step) for step in range(-3, 19)],
        in_force=queries.in_force(session, month),
        tables=queries.tables(session),
        kinds=KINDS,
        certainties={each.value: label for each, label in CERTAINTIES.items()},
        form=form,
        error=error,
        wrong=wrong,
        may_propose=deciding.may_propose(session, current_user),
        asks_other=current_user.can(Permission.TARIFF_PROPOSE),
    )


def _screen(
    kind: TariffKind,
    form: ScreenForm,
    rows: Sequence[Mapping[str, str]],
    *,
    error: str = "",
    wrong: Sequence[Mapping[str, Any]] = (),
) -> str:
    spare = 0 if kind is TariffKind.DISCOUNT and rows else SPARE
    return render_template(
        "tariffs/write.html",
        kind=kind,
        label=KINDS[kind],
        form=form,
        rows=[*rows, *({} for _each in range(spare))],
        sectors=SECTORS,
        certainties={each.value: label for each, label in CERTAINTIES.items()},
        error=error,
        wrong=wrong,
    )


def _table(tariff_id: int, *, error: str = "", reason: str = "") -> str:
    session = db.session()
    found = queries.table(session, tariff_id)
    waits = found.state is TariffState.PROPOSED
    return render_template(
        "tariffs/table.html",
        table=found,
        label=KINDS[found.kind],
        certainties={each.value: label for each, label in CERTAINTIES.items()},
        sectors=SECTORS,
        effect=deciding.preview_of(session, current_user, tariff_id) if waits else None,
        seen=tariff.version(),
        waits=waits,
        is_own=found.proposed_by == current_user.id,
        may_decide=current_user.can(Permission.TARIFF_RELEASE),
        wait=wait_for(found.proposed_by) if waits else "",
        may_open_workers=current_user.can(Permission.WORKER_READ),
        error=error,
        reason=reason,
    )
