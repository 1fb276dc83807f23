"""Debits of one day's list that were not made that day, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.extension.contract import Decline
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.debit_models import Debit, DebitRun, DebitTry, ListedDebit
from agentsys.payments.mandates.debit_queries import COLUMNS, DebitRow, debits_of_office
from agentsys.payments.mandates.last_look import Why
from agentsys.people import scope
from agentsys.people.models import User

UNKNOWN = "none"  # the reason of those whose reason nobody wrote down


@dataclass(frozen=True, kw_only=True)
class SkippedRow(DebitRow):
    """One debit of the list; `then` is the `last_look.Why` or `Decline` of that day, or empty."""

    then: str


def day_of(session: Session, user: User, run_id: int) -> date:
    """The day of a list; NotFound unless the user may see it."""
    day = session.scalar(
        select(DebitRun.day).where(DebitRun.id == run_id, scope.of_office(user, DebitRun.office_id))
    )
    if day is None:
        raise NotFound()
    return day


def skipped(session: Session, user: User, run_id: int, asked: ListRequest) -> Page[SkippedRow]:
    """The debits of one day's list that were not made that day."""
    was_tried = exists().where(DebitTry.debit_id == Debit.id, DebitTry.run_id == run_id)
    listing = Listing(
        id=Debit.id,
        sorts={"due": Sort(Debit.due_on, descending=True)},
        states={name: ListedDebit.why == why for name, why in _reasons()},
        counted=1_000,
    )
    rows = (
        debits_of_office(user, *COLUMNS, ListedDebit.why.label("then"))
        .join(ListedDebit, ListedDebit.debit_id == Debit.id)
        .where(ListedDebit.run_id == run_id, ~was_tried)
    )
    return listing.page(session, rows, asked).map(lambda row: row_as(SkippedRow, row))


def _reasons() -> Iterable[tuple[str, str]]:
    """The name in an address, and the reason."""
    yield UNKNOWN, ""
    for reason in (*Why, *Decline):
        yield reason.value, reason.value
