"""Sorts and filters of the list of uploads, and of the notes of one upload."""

from __future__ import annotations

from flask_babel import gettext as _

from agentsys.web.lists import ListPage
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy, translated
from agentsys.workers.models import RosterStatus

LIST = ListPage(
    endpoint="supervisor.rosters",
    title=lazy("Unggahan"),
    search=lazy("Nama berkas"),
    personal=False,
    sorts={
        "newest": lazy("Waktu"),
        "file": lazy("Berkas"),
        "rows": lazy("Baris"),
        "rejected": lazy("Ditolak"),
    },
    states={status.value: state_word("roster", status).text for status in RosterStatus},
    dates=True,
    filename="unggahan",
    columns=(
        (lazy("Berkas"), lambda row: row.filename),
        (lazy("Waktu"), lambda row: day_and_time(row.uploaded_at)),
        (lazy("Oleh"), lambda row: row.uploaded_by),
        (lazy("Baris"), lambda row: row.rows_total),
        (lazy("Diterima"), lambda row: row.accepted),
        (lazy("Ditolak"), lambda row: row.rejected),
        (lazy("Status"), lambda row: str(state_word("roster", row.status).text)),
    ),
)
NOTES = ListPage(
    endpoint="supervisor.roster",
    title=lazy("Catatan per baris"),
    search=lazy("Kolom atau saran"),
    personal=False,
    tabs={"": lazy("Semua"), "rejected": lazy("Ditolak"), "repaired": lazy("Diperbaiki")},
    filename="catatan",
    columns=(
        (lazy("Lembar"), lambda note: note.sheet),
        (lazy("Baris"), lambda note: note.row),
        (lazy("Kolom"), lambda note: note.column),
        (lazy("Isi sel"), lambda note: note.shown),
        (lazy("Saran"), lambda note: translated(note.advice)),
        (lazy("Akibat"), lambda note: _("Ditolak") if note.rejected else _("Diperbaiki")),
    ),
)
