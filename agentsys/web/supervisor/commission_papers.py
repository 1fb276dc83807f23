"""Commission statements of the office on paper, and a month beside the one before it."""

from __future__ import annotations

from datetime import date

from flask import abort
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.commissions import statements
from agentsys.db import db
from agentsys.months import parse_month
from agentsys.people.permissions import Permission
from agentsys.web import statement_papers
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor


@supervisor.get("/komisi/<int:statement_id>/laporan.pdf")
@needs(Permission.COMMISSION_READ)
def statement_paper(statement_id: int) -> Response:
    """A statement with the office's part, as a PDF."""
    found = statements.statement(db.session(), current_user, statement_id)
    return statement_papers.statement_pdf(found)


@supervisor.get("/komisi/<int:statement_id>/laporan.xlsx")
@needs(Permission.COMMISSION_READ)
def statement_sheet(statement_id: int) -> Response:
    """A statement with the office's part, as a workbook."""
    found = statements.statement(db.session(), current_user, statement_id)
    return statement_papers.statement_sheet(found)


@supervisor.get("/komisi/bulan/<bulan>/komisi.pdf")
@needs(Permission.COMMISSION_READ)
def commission_month_paper(bulan: str) -> Response:
    """All statements of a month that the user may see, beside the month before, as a PDF."""
    return statement_papers.month_pdf(_month(bulan))


@supervisor.get("/komisi/bulan/<bulan>/komisi.xlsx")
@needs(Permission.COMMISSION_READ)
def commission_month_sheet(bulan: str) -> Response:
    """The same as a workbook."""
    return statement_papers.month_sheet(_month(bulan))


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError:
        abort(404)
