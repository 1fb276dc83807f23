"""What a run left in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agentsys.commissions import statement_lines
from agentsys.commissions.models import (
    Statement,
)
from agentsys.commissions.statements import ExplainedLine
from agentsys.listing.request import ListRequest


def lines_of(session: Session, found: Statement) -> Sequence[ExplainedLine]:
    return statement_lines.lines(session, found, ListRequest(size=100), rules=()).rows
