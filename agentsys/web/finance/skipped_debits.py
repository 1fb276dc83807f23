"""Which debits of a day were not made, and why: what finance's figure counts, row by row."""

from __future__ import annotations

from flask import render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments.mandates import skipped
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.debit_words import ALL_WHYS, why_words
from agentsys.web.finance.blueprint import finance
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import day, lazy

WAITING = lazy("Belum ada alasan tercatat")
SKIPPED = ListPage(
    endpoint="finance.skipped_debits",
    title=lazy("Tidak didebit"),
    sorts={"due": lazy("Tanggal")},
    states={**ALL_WHYS, skipped.UNKNOWN: WAITING},
    states_label=lazy("Alasan"),
    personal=False,
    filename="tidak-didebit",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Kanal"), lambda row: view_models.channel_label(row.channel)),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Tanggal"), lambda row: day(row.due_on)),
        (lazy("Alasan hari itu"), lambda row: reason(row.then)),
    ),
)


@finance.get("/debit/hari/<int:run_id>")
@needs(Permission.DEBIT_READ)
def skipped_debits(run_id: int) -> Response | str:
    """The debits of one day's list that were not made that day."""
    session = db.session()
    on = skipped.day_of(session, current_user, run_id)

    def fetch(asked: ListRequest) -> Page[skipped.SkippedRow]:
        return skipped.skipped(session, current_user, run_id, asked)

    def render(view: ListView) -> str:
        return render_template(
            "finance/skipped_debits.html",
            listing=view,
            day=on,
            reason=reason,
            channel_label=view_models.channel_label,
        )

    return ListView(SKIPPED, run_id=run_id).answer(fetch, render)


def reasons(run_id: int, by_why: dict[str, int], many: int) -> list[tuple[str, int, str]]:
    """Why debits of a list were not made: the words, how many, and the URL of their rows.

    They add up to `many`: what has no reason is a line of its own.
    """
    known = {why: count for why, count in by_why.items() if why}
    rest = many - sum(known.values())
    lines = [
        (reason(why), count, _url(run_id, why)) for why, count in sorted(known.items()) if count
    ]
    return [*lines, *([(reason(""), rest, _url(run_id, skipped.UNKNOWN))] if rest > 0 else [])]


def reason(why: str) -> str:
    """The words for why a debit was not made that day."""
    return why_words(why) if why else str(WAITING)


def _url(run_id: int, why: str) -> str:
    return url_for("finance.skipped_debits", run_id=run_id, state=why)
