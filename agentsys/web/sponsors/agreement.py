"""The page of one agreement, and deciding about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.agreements import recording
from agentsys.agreements.kinds import AgreementState
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.sponsors import (
    bill_queries,
    endings,
    lateness,
    member_queries,
    overlaps,
    queries,
    version_queries,
)
from agentsys.sponsors.member_queries import MemberCounts
from agentsys.sponsors.queries import AgreementRow
from agentsys.transfers.queries import sponsors_money
from agentsys.web.access import needs
from agentsys.web.finance.transfers import waiting_transfers
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import wait_for
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import EndForm, MoneyForm
from agentsys.web.sponsors.words import KINDS, REASONS, price_words
from agentsys.web.texts import lazy, month
from agentsys.web.workers.change_words import PROGRAMMES

BILLS = 12  # on the page, the newest
MEMBERS = ListPage(
    endpoint="sponsors.agreement",
    title=lazy("Pekerja dalam daftar"),
    search=lazy("Nama pekerja atau kelurahan"),
    tabs={
        "named": lazy("Dalam daftar"),
        "paid": lazy("Dibayari"),
        "other": lazy("Dibayar pihak lain"),
        "left": lazy("Sudah keluar"),
    },
    sorts={"name": lazy("Nama"), "since": lazy("Sejak"), "kelurahan": lazy("Kelurahan")},
    personal=False,
)


@sponsors.get("/perjanjian/<int:agreement_id>")
@needs(Permission.SPONSOR_READ)
def agreement(agreement_id: int) -> Response | str:
    """An agreement: terms, ceilings, workers, versions of its list, and bills."""
    return page(agreement_id, EndForm(formdata=None))


@sponsors.post("/perjanjian/<int:agreement_id>/putuskan")
@needs(Permission.AGREEMENT_APPROVE)
def decide(agreement_id: int) -> Response:
    """Put a proposed agreement in force as a second person, or refuse it."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    action = request.form.get("action", "")
    if action not in ("approve", "refuse"):
        raise NotFound()
    try:
        with transaction() as session:
            recording.decide(
                session,
                agreement_id=found.id,
                approve=action == "approve",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here(found.id))
    flash(_("Perjanjian berlaku.") if action == "approve" else _("Perjanjian ditolak."), "success")
    return redirect(here(found.id))


@sponsors.post("/perjanjian/<int:agreement_id>/tarik")
@needs(Permission.SPONSOR_RECORD)
def withdraw(agreement_id: int) -> Response:
    """Take back an agreement that one has proposed; nobody else finds this address."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    if found.made_by != current_user.id:
        raise NotFound()
    try:
        with transaction() as session:
            recording.withdraw(session, agreement_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here(found.id))
    flash(_("Usul perjanjian ditarik."), "success")
    return redirect(here(found.id))


@sponsors.post("/perjanjian/<int:agreement_id>/akhiri")
@needs(Permission.SPONSOR_RECORD)
def announce_end(agreement_id: int) -> Response | str | tuple[Response | str, int]:
    """Announce that the sponsor stops before the period ends."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    form = EndForm(request.form)
    if form.validate() and form.month.month is not None:
        with blaming(form):
            with transaction() as session:
                endings.announce(
                    session,
                    agreement_id=found.id,
                    month=form.month.month,
                    note=form.note.data or "",
                    actor_id=current_user.id,
                )
            flash(
                _("Akhir diumumkan: sponsor berhenti mulai %(m)s.", m=month(form.month.month)),
                "success",
            )
            return redirect(here(found.id))
    return page(found.id, form), 422


@sponsors.post("/perjanjian/<int:agreement_id>/lanjutkan")
@needs(Permission.SPONSOR_RECORD)
def take_back_end(agreement_id: int) -> Response:
    """Take back an announced end."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    try:
        with transaction() as session:
            endings.take_back(session, agreement_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here(found.id))
    flash(_("Pengumuman ditarik. Perjanjian berjalan sampai masanya habis."), "success")
    return redirect(here(found.id))


def here(agreement_id: int) -> str:
    """The address of an agreement's page."""
    return url_for("sponsors.agreement", agreement_id=agreement_id)


def page(agreement_id: int, end: EndForm, giving: MoneyForm | None = None) -> Response | str:
    """An agreement's page, with the forms as they were sent."""
    session = db.session()
    found = queries.agreement_in_scope(session, current_user, agreement_id)

    def render(view: ListView) -> str:
        counts = member_queries.counts(session, found.id)
        return render_template(
            "sponsors/agreement.html",
            agreement=found,
            listing=view,
            tabs=view.tabs(_tab_counts(found, counts)),
            end=end,
            giving=giving or MoneyForm(formdata=None),
            what=request.form.get("what", "") if giving else "",
            words={
                "kind": KINDS[found.sponsor_kind],
                "programmes": PROGRAMMES[found.programmes],
                "price": price_words(found.price_basis),
            },
            reasons=REASONS,
            **_around(session, found),
        )

    return ListView(MEMBERS, agreement_id=found.id).answer(
        lambda asked: member_queries.members(session, found.id, asked), render
    )


def _tab_counts(found: AgreementRow, counts: MemberCounts) -> dict[str, int]:
    return {"named": found.people, "paid": counts.paid, "other": counts.other}


def _around(session: Session, found: AgreementRow) -> dict[str, Any]:
    """What stands around the list of workers."""
    proposed = found.state is AgreementState.PROPOSED
    in_force = found.state is AgreementState.IN_FORCE
    recorder = current_user.can(Permission.SPONSOR_RECORD)
    approver = current_user.can(Permission.AGREEMENT_APPROVE)
    asked = ListRequest(size=BILLS)
    return {
        "versions": version_queries.versions(session, found.id),
        "bills": bill_queries.bills_of(session, current_user, asked, agreement_id=found.id),
        "overlaps": overlaps.counts(session, found.id, found.programmes) if in_force else None,
        "late": lateness.of_agreement(session, found.id, today=bill_queries.today()),
        "money": sponsors_money(session, agreement_id=found.id, office_id=found.office_id),
        "waiting": waiting_transfers(session, agreement_id=found.id),
        "writable": current_user.can(Permission.TRANSFER_PROPOSE),
        "may_decide": proposed and approver and found.made_by != current_user.id,
        "not_yet": wait_for(found.made_by) if proposed and approver else "",
        "may_withdraw": proposed and recorder and found.made_by == current_user.id,
        "may_change": in_force and recorder,
        "may_upload": in_force and recorder and current_user.can(Permission.ROSTER_HANDLE),
    }
