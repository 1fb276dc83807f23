"""What an import would do, as a file."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.people.permissions import Permission
from agentsys.rosters.shown import ChangedRow, CheckRow, changes_of, check_of
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import own_roster
from agentsys.web.supervisor.roster_words import changed_fields

MOST_ROWS = 50_000  # of changes in one file; each may have several fields


@supervisor.get("/daftar/<int:roster_id>/pemeriksaan.xlsx")
@needs(Permission.ROSTER_READ)
def roster_check(roster_id: int) -> Response:
    """The counts of the check, whom it would change and how, and some of the new people."""
    session = db.session()
    found = own_roster(session, roster_id)
    check = check_of(session, found.id)
    if check is None:
        raise NotFound()
    changes = changes_of(session, found.id, limit=MOST_ROWS)
    return sheets.download_book(
        f"pemeriksaan-{roster_id}.xlsx",
        sheets.Sheet(_("Ringkasan"), found.filename, (_("Hasil"), _("Baris")), _counts(check)),
        sheets.Sheet(
            _("Akan berubah"),
            _("Data pekerja terdaftar, sebelum dan sesudah"),
            (_("Nama"), "NIK", _("Lembar"), _("Baris"), _("Isian"), _("Sebelum"), _("Sesudah")),
            (line for row in changes for line in _lines(row)),
        ),
        sheets.Sheet(
            _("Contoh baru"),
            _("Sebagian pekerja yang akan masuk"),
            (_("Nama"), "NIK", _("Lembar"), _("Baris")),
            ((e["name"], e["nik_masked"], e["sheet"], e["row"]) for e in check.examples),
        ),
    )


def _counts(check: CheckRow) -> list[tuple[str, int]]:
    return [
        (_("Semua"), check.rows),
        (_("Akan masuk"), check.created),
        (_("Akan berubah"), check.changed),
        (_("Tidak berubah"), check.unchanged),
        (_("Diperbaiki"), check.repaired),
        (_("Ditolak"), check.rejected),
        (_("Bukan pekerja"), check.nobody),
        (_("Tersembunyi"), check.hidden),
    ]


def _lines(row: ChangedRow) -> Iterator[tuple[str | int, ...]]:
    for field in changed_fields(row):
        yield (
            *(row.name, row.nik_masked, row.sheet, row.row),
            *(str(field["label"]), field["before"], field["after"]),
        )
