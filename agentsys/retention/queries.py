"""What was destroyed, and the settings by which it was, as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.months import HEAD_OFFICE
from agentsys.retention.models import Destruction
from agentsys.retention.settings import Kept, Retention, retention


@dataclass(frozen=True, kw_only=True)
class DestructionRow:
    """What of one kind was destroyed in one run."""

    id: int
    kind: Kept
    before_on: date
    months: int
    source: str
    rows: int
    bytes: int
    begun_by: str
    begun_at: datetime
    finished_at: datetime | None  # None while it runs, or until the next run finishes it


def destructions(session: Session, asked: ListRequest) -> Page[DestructionRow]:
    """The records, newest first; they concern all offices."""
    listing = Listing(
        id=Destruction.id,
        sorts={
            "begun": Sort(Destruction.begun_at, descending=True),
            "rows": Sort(Destruction.rows, descending=True),
        },
        states={kind.value: Destruction.kind == kind for kind in Kept},
        at=Destruction.begun_at,
    )
    columns = [getattr(Destruction, name) for name in DestructionRow.__dataclass_fields__]
    page = listing.page(session, select(*columns), asked)
    return page.map(lambda row: row_as(DestructionRow, row))


def settings() -> Sequence[Retention]:
    """The settings of today, one of each kind."""
    today = clock.now().astimezone(HEAD_OFFICE).date()
    return [retention(kind, today) for kind in Kept]
