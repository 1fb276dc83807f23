"""Reports as files: a spreadsheet with a sheet for each table, and a PDF. Each is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user

from agentsys import clock
from agentsys.audit import trail
from agentsys.db import transaction
from agentsys.documents import pdf
from agentsys.documents.pdf import PDF, Column, Table
from agentsys.web import sheets
from agentsys.web.report_tables import Cell, Head, Kind, Section, shown
from agentsys.web.sheets import Sheet
from agentsys.web.texts import day_and_time

_SHARE = {Kind.TEXT: 3.0, Kind.COUNT: 1.6, Kind.IDR: 2.2, Kind.PERCENT: 1.5}
_SHEET_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def spreadsheet(filename: str, title: str, sections: Sequence[Section]) -> Response:
    """One sheet for each table; counts and rupiah are numbers, all else is text."""
    return sheets.download_book(
        filename,
        *(
            Sheet(
                _sheet_name(number, section.title),
                f"{title} · {section.title}",
                [head.title for head in section.heads],
                [_row(section, row) for row in [*section.rows, section.total] if row],
            )
            for number, section in enumerate(sections, 1)
        ),
    )


def document(
    filename: str, title: str, lines: Sequence[str], sections: Sequence[Section]
) -> Response:
    """All tables one after the other, with who made it and when."""
    made = pdf.document(
        title=title,
        lines=[*lines, _made()],
        tables=[_table(section) for section in sections],
        closing=list(dict.fromkeys(section.note for section in sections if section.note)),
        page_of=_("Halaman {page} dari {pages}"),
        wide=True,
        language=str(get_locale()),
    )
    return sheets.attachment(filename, made, mimetype=PDF)


def record(name: str, *, office_id: int, rows: int, **details: str) -> None:
    """Record that a report was downloaded, and about what."""
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="report.exported",
            subject=f"office:{office_id}",
            details={"name": name, "rows": rows} | details,
        )


def _made() -> str:
    return _("Dibuat %(at)s oleh %(name)s", at=day_and_time(clock.now()), name=current_user.name)


def _row(section: Section, row: Sequence[Cell]) -> list[str | int]:
    return [_cell(cell, head) for cell, head in zip(row, section.heads, strict=True)]


def _cell(cell: Cell, head: Head) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, int) and head.kind in (Kind.COUNT, Kind.IDR):
        return cell
    return shown(cell, head.kind)


def _table(section: Section) -> Table:
    return Table(
        heading=section.title,
        columns=[Column(head.title, _SHARE[head.kind], head.right) for head in section.heads],
        rows=[section.shown(row) for row in section.rows],
        total=section.shown(section.total) if section.total else (),
    )


def _sheet_name(number: int, title: str) -> str:
    return f"{number} {title.translate(_FORBIDDEN)}"[:_SHEET_NAME].strip()
