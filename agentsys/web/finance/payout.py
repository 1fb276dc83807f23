"""One batch of payouts: its lines, the decision, the bank's file, and the results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payouts import batches, files, queries, result_lists, results, sending
from agentsys.payouts.models import LineState
from agentsys.payouts.queries import BatchRow, LineRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said, why
from agentsys.web.second_persons import wait_for
from agentsys.web.sheets import attachment
from agentsys.web.state_words import WORDS, state_word
from agentsys.web.texts import lazy

LONGEST_LIST = 500_000  # characters of a pasted list of results
RESULTS = {
    LineState.SUCCEEDED: lazy("Sampai di rekening agen"),
    LineState.FAILED: lazy("Gagal, uang tidak keluar"),
    LineState.RETURNED: lazy("Dikembalikan bank"),
}
LINES = ListPage(
    endpoint="finance.payout",
    title=lazy("Pembayaran komisi"),
    search=lazy("Nama atau kode agen"),
    sorts={"account": lazy("Rekening baru dulu"), "name": lazy("Nama"), "net": lazy("Jumlah")},
    states={name: word.text for name, word in WORDS["payout_line"].items()},
    personal=False,
    sums=True,
    filename="pembayaran-komisi",
    columns=(
        (lazy("Referensi"), lambda row: row.key),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Bank"), lambda row: row.bank),
        (lazy("Nomor rekening"), lambda row: row.number),
        (lazy("Komisi bruto"), lambda row: row.gross_idr),
        (lazy("PPh"), lambda row: row.tax_idr),
        (lazy("Potongan"), lambda row: row.deduction_idr),
        (lazy("Dibayar ulang"), lambda row: row.again_idr),
        (lazy("Ditransfer"), lambda row: row.net_idr),
        (lazy("Status"), lambda row: str(state_word("payout_line", row.state).text)),
        (lazy("Nomor referensi bank"), lambda row: row.bank_ref),
        (lazy("Alasan"), lambda row: row.reason),
    ),
)


@finance.get("/bayar-komisi/<int:payout_batch_id>")
@needs(Permission.COMMISSION_PAY_READ)
def payout(payout_batch_id: int) -> Response | str:
    """A batch: new accounts first, then the other payouts."""
    return _page(payout_batch_id)


@finance.post("/bayar-komisi/<int:payout_batch_id>")
@needs(Permission.COMMISSION_PAY_PREPARE)
def decide_payouts(payout_batch_id: int) -> Response | tuple[Response | str, int]:
    """Approve a batch as a second person, or cancel it."""
    here = url_for("finance.payout", payout_batch_id=payout_batch_id)
    action, reason = request.form.get("action", ""), request.form.get("reason", "")
    if action not in set(batches.BatchAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = batches.decide_batch(
                session,
                batch_id=payout_batch_id,
                action=batches.BatchAction(action),
                actor_id=current_user.id,
                reason=reason,
            )
            word = state_word("payout_batch", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return _page(payout_batch_id, error=why(refused), reason=reason), 422
    flash(_("Pembayaran komisi: %(state)s.", state=word), "success")
    return redirect(here)


@finance.post("/bayar-komisi/<int:payout_batch_id>/berkas")
@needs(Permission.COMMISSION_PAY_SEND)
def send_payouts(payout_batch_id: int) -> Response:
    """Make the bank's file; from then on its transfers may be under way."""
    here = url_for("finance.payout", payout_batch_id=payout_batch_id)
    found = queries.batch(db.session(), current_user, payout_batch_id)
    try:
        with transaction() as session:
            sending.send_file(
                session,
                batch_id=payout_batch_id,
                actor_id=current_user.id,
                vault=runtime().vault,
                layout=files.layout_of(found.layout),
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Berkas bank dibuat. Unduh, lalu unggah di bank."), "success")
    return redirect(here)


@finance.post("/bayar-komisi/<int:payout_batch_id>/unduh")
@needs(Permission.COMMISSION_PAY_SEND)
def payout_file(payout_batch_id: int) -> Response:
    """The bank's file as a download; opening it is recorded."""
    with transaction() as session:
        name, content = sending.open_file(
            session, batch_id=payout_batch_id, actor=current_user, vault=runtime().vault
        )
    return attachment(name, content, "application/octet-stream")


@finance.post("/bayar-komisi/<int:payout_batch_id>/hasil")
@needs(Permission.COMMISSION_PAY_SEND)
def record_payout_results(payout_batch_id: int) -> Response | tuple[Response | str, int]:
    """Record a pasted list of the bank's results."""
    queries.batch(db.session(), current_user, payout_batch_id)
    text = request.form.get("results", "")[:LONGEST_LIST]
    try:
        with transaction() as session:
            count = result_lists.record_list(
                session, batch_id=payout_batch_id, text=text, actor_id=current_user.id
            )
    except NotFound:
        raise
    except result_lists.WrongList as refused:
        wrong = refused.wrong
        return _page(payout_batch_id, error=why(refused), results_text=text, wrong=wrong), 422
    flash(
        ngettext("%(num)d hasil dari bank dicatat.", "%(num)d hasil dari bank dicatat.", count),
        "success",
    )
    return redirect(url_for("finance.payout", payout_batch_id=payout_batch_id))


@finance.post("/bayar-komisi/hasil/<int:payout_line_id>")
@needs(Permission.COMMISSION_PAY_SEND)
def record_payout_result(payout_line_id: int) -> Response:
    """Record what the bank says of one transfer."""
    state = request.form.get("result", "")
    if state not in {each.value for each in RESULTS}:
        raise NotFound()
    number = queries.batch_of(db.session(), current_user, payout_line_id)
    here = url_for("finance.payout", payout_batch_id=number)
    try:
        with transaction() as session:
            results.record_result(
                session,
                line_id=payout_line_id,
                result=results.Result(
                    state=LineState(state),
                    bank_ref=request.form.get("bank_ref", ""),
                    paid_on=_day(request.form.get("paid_on", "")),
                    reason=request.form.get("reason", ""),
                ),
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Hasil dari bank dicatat."), "success")
    return redirect(here)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid("Tanggal belum benar. Contoh: 2026-12-05.") from error


def _page(payout_batch_id: int, **sent: Any) -> Response | str:
    """The page; `sent` is what was typed, and why it was refused."""
    found = queries.batch(db.session(), current_user, payout_batch_id)
    view = ListView(LINES, payout_batch_id=found.id)

    def fetch(asked: ListRequest) -> Page[LineRow]:
        return queries.lines(db.session(), found.id, asked)

    return view.answer(fetch, lambda shown: _render(shown, found, sent))


def _render(view: ListView, found: BatchRow, sent: Mapping[str, Any]) -> str:
    session = db.session()
    return render_template(
        "finance/payout.html",
        batch=found,
        file=queries.file_of(session, found.id),
        listing=view,
        file_layout=files.labels().get(found.layout, found.layout),
        is_draft=not files.layout_of(found.layout).verified,
        results=RESULTS,
        **{"error": "", "reason": "", "results_text": "", "wrong": (), **sent},
        own=found.prepared_by == current_user.id,
        not_yet=wait_for(found.prepared_by) if found.state == "prepared" else "",
        may_prepare=current_user.can(Permission.COMMISSION_PAY_PREPARE),
        may_approve=current_user.can(Permission.COMMISSION_PAY_APPROVE),
        may_send=current_user.can(Permission.COMMISSION_PAY_SEND),
    )
