"""What the pages of the work queue say of an item, and where its link leads."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.contributions import coverage
from agentsys.data_rights.models import DataRequestKind
from agentsys.months import add_months
from agentsys.payments.mandates import own_page
from agentsys.people.permissions import Permission
from agentsys.web.access import guard_of
from agentsys.web.cover import days_left, time_left
from agentsys.web.debit_words import why_words
from agentsys.web.state_words import state_word
from agentsys.web.texts import day, month, month_short, num
from agentsys.web.workers.words import DATA_REQUESTS
from agentsys.work.items import Item

VISITS = ("debit.visit", "debit.needs_payer")
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)
_DATA = re.compile(r"data:([a-z]+)", re.ASCII)
_BATCH = re.compile(r"remittance:([0-9]+)", re.ASCII)
_ENDS = re.compile(r"ends:([0-9]+):([0-9]{4}-[0-9]{2}-01)", re.ASCII)
_WORKERS = re.compile(r"workers:([0-9]+)", re.ASCII)
_DEBIT = re.compile(r"debit:([a-z_]*):([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


def about(text: str) -> str:
    """What an item is about; a month, a batch or a debit as people read it."""
    for pattern, words in ((_ENDS, _ending), (_WORKERS, _workers)):
        if found := pattern.fullmatch(text):
            return words(*found.groups())
    if _MONTH.fullmatch(text):
        return month(date.fromisoformat(f"{text}-01"))
    if batch := _BATCH.fullmatch(text):
        return _("Setoran #%(id)s", id=batch[1])
    if asked := _DATA.fullmatch(text):
        return str(DATA_REQUESTS[DataRequestKind(asked[1])])
    if debit := _DEBIT.fullmatch(text):
        last = date.fromisoformat(debit[2])
        parts = [why_words(debit[1]), _("batas %(day)s", day=day(last)), days_left(last)]
        return " · ".join(part for part in parts if part)
    return text


def _ending(people: str, until: str) -> str:
    """For how many people an agreement ends, and the last month that it pays."""
    last = month(add_months(date.fromisoformat(until), -1))
    return _("%(workers)s, dibayar sampai %(month)s", workers=_workers(people), month=last)


def _workers(people: str) -> str:
    count = int(people)
    return ngettext("%(n)s pekerja", "%(n)s pekerja", count, n=num(count))


def decision_url(found: Item) -> str:
    """The page on which the signed-in user decides an item; empty if that is for others."""
    kind = found.kind
    values: dict[str, Any] = {kind.argument: _number(found)} if kind.argument else {}
    if kind.by_worker and found.worker:
        values["q"] = found.worker
    return url_for(kind.endpoint, **values) if _opens(kind.endpoint) else ""


def reading_url(found: Item) -> str:
    """The page on which somebody else than who decides an item reads about it; may be empty."""
    kind = found.kind
    if not kind.read_on or not _opens(kind.read_on):
        return ""
    values: dict[str, Any] = {kind.read_argument: _number(found)} if kind.read_argument else {}
    return url_for(kind.read_on, **values)


def facts(session: Session, found: Item) -> list[tuple[str, str]]:
    """What else the page of an item shows, with labels: what a visit is about."""
    visit = (
        own_page.visit(session, debit_id=int(found.subject)) if found.kind.key in VISITS else None
    )
    if visit is None:
        return []
    cover = coverage.coverage_of(session, worker_id=visit.worker_id)
    return [
        (_("Alasan"), why_words(visit.decline or "")),
        (_("Bulan"), ", ".join(month_short(at) for at in sorted(visit.months))),
        (_("Pesan kepada pekerja"), state_word("notice", visit.told).text if visit.told else ""),
        (_("Sisa waktu"), time_left(cover, cutoff=visit.last_on)),
    ]


def _number(found: Item) -> str:
    """The subject may be an office and a month; the page needs the month."""
    return found.subject.rpartition(":")[2]


def _opens(endpoint: str) -> bool:
    """Whether the signed-in user may open a page."""
    guard = guard_of(current_app, endpoint)
    return not isinstance(guard, Permission) or current_user.can(guard)
