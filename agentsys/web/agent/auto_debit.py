"""Auto-debit as the agent sees it: inviting a worker, and handing over what is announced."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import coverage
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.extension.contract import MandateState
from agentsys.payments import links
from agentsys.payments.debit_models import COUNTS, NoticeKind
from agentsys.payments.link_models import LinkKind
from agentsys.payments.mandates import giving_up, invitations, own_page
from agentsys.payments.mandates import queries as mandates
from agentsys.payments.mandates.queries import DebitView
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.collecting import own_worker
from agentsys.web.cover import time_left
from agentsys.web.debit_words import NOTICE_KINDS, tried_again, why_words
from agentsys.web.own.contents import mandate_channels
from agentsys.web.own.forms import RELATIONS
from agentsys.web.responses import said
from agentsys.web.texts import day, month, rp, time
from agentsys.workers.kinds import Funding
from agentsys.workers.queries import WorkerProfile


@agent.post("/pekerja/<int:worker_id>/debit/ajak")
@needs(Permission.MANDATE_INVITE)
def invite(worker_id: int) -> Response:
    """Make the personal link on which the worker can agree to auto-debit."""
    found = own_worker(db.session(), worker_id)
    with transaction() as session:
        invitations.invite(session, worker_id=found.id, actor_id=current_user.id)
    flash(_("Tautan pribadi siap. Kirim ke HP pekerja sendiri; hanya pekerja yang menyetujui."))
    return redirect(_here(worker_id))


@agent.post("/pekerja/<int:worker_id>/debit/tarik")
@needs(Permission.MANDATE_INVITE)
def withdraw_invitation(worker_id: int) -> Response:
    """Withdraw the worker's personal links, such as one that was sent to a wrong number."""
    found = own_worker(db.session(), worker_id)
    with transaction() as session:
        links.withdraw_links(
            session, worker_id=found.id, actor_id=current_user.id, kind=LinkKind.OWN
        )
    flash(_("Tautan pribadi ditarik. Halaman pekerja tidak dapat dibuka dengannya lagi."))
    return redirect(_here(worker_id))


@agent.post("/kabar-debit/<int:notice_id>/kirim")
@needs(Permission.MANDATE_INVITE)
def hand_over_notice(notice_id: int) -> Response:
    """The agent sent the prepared message; that alone allows no debit."""
    with transaction() as session:
        worker_id = invitations.hand_over(session, current_user, notice_id=notice_id)
    flash(_("Dicatat: pesan sudah Anda kirim. Debit baru jalan setelah pekerja membacanya."))
    return redirect(_here(worker_id))


@agent.post("/kabar-debit/<int:notice_id>/terbaca")
@needs(Permission.MANDATE_INVITE)
def confirm_notice(notice_id: int) -> Response:
    """The worker told the agent that the message was read; this is recorded."""
    worker_id = invitations.worker_of_notice(db.session(), current_user, notice_id=notice_id)
    try:
        with transaction() as session:
            invitations.confirm_read(session, current_user, notice_id=notice_id)
    except Refused as refused:
        return said(refused, _here(worker_id))
    flash(_("Dicatat atas nama Anda: pekerja sudah membaca pesannya."))
    return redirect(_here(worker_id))


@agent.post("/debit/<int:debit_id>/kunjungan")
@needs(Permission.MANDATE_INVITE)
def note_visit(debit_id: int) -> Response:
    """The agent visited the worker after the last try; what came of it is kept."""
    worker_id = invitations.worker_of_debit(db.session(), current_user, debit_id=debit_id)
    note = request.form.get("note", "")
    try:
        with transaction() as session:
            giving_up.note_visit(session, debit_id=debit_id, actor_id=current_user.id, note=note)
    except Refused as refused:
        return said(refused, _here(worker_id))
    flash(_("Kunjungan dicatat."), "success")
    return redirect(_here(worker_id))


@agent.get("/kabar-debit")
@needs(Permission.PORTFOLIO_READ)
def messages() -> str:
    """The messages to the agent's workers that nobody sent yet, the soonest debit first."""
    session = db.session()
    mine = scope.own_agent(session, current_user)
    rows = mandates.to_send(session, agent_id=mine.id)
    return render_template(
        "agent/messages.html",
        messages=[{"row": row, "kind": NOTICE_KINDS[row.kind]} for row in rows],
        pins=mandates.pins_to_enter(session, agent_id=mine.id),
    )


def card(session: Session, found: WorkerProfile, *, code: str = "") -> dict[str, Any] | None:
    """The part of a worker's page about auto-debit; None if there is nothing to offer or show."""
    every = mandates.mandates_of(session, worker_id=found.id)
    if not every and (not mandate_channels() or found.funding is not Funding.SELF):
        return None
    newest = every[0] if every else None
    link = links.newest_link(session, worker_id=found.id, kind=LinkKind.OWN)
    url = _address(link.token) if link else ""
    upcoming = mandates.next_debit(session, worker_id=found.id)
    notices = [
        row for row in own_page.notices_of(session, worker_id=found.id) if row.state not in COUNTS
    ]
    today = clock.now().date()
    is_open = newest is not None and newest.state is not MandateState.ENDED
    return {
        "mandate": newest,
        "channel_label": view_models.channel_label(newest.channel) if newest else "",
        "relation": RELATIONS[newest.relation] if newest else "",
        "paused": newest is not None
        and newest.paused_until is not None
        and newest.paused_until > today,
        "next_debit": upcoming,
        "pin": _pin(upcoming, url, found.phone) if upcoming and upcoming.pin_url else None,
        "notices": [
            {"row": row, "text": text, "share_url": view_models.whatsapp(text, found.phone)}
            for row in notices[:3]
            for text in [message(row, url)]
        ],
        "visits": _visits(session, found.id),
        "may_invite": found.funding is Funding.SELF and bool(mandate_channels()),
        "link": url,
        "link_until": link.expires_at if link else None,
        "share_url": view_models.whatsapp(_invitation(url, agreed=is_open), found.phone),
        "can_message": bool(found.phone),
        "code": code,
        "code_url": view_models.whatsapp(
            _(
                "Kode halaman iuran Anda: %(code)s. Berlaku 15 menit. Jangan berikan kepada orang"
                " lain.",
                code=code,
            ),
            found.phone,
        ),
    }


def _visits(session: Session, worker_id: int) -> list[dict[str, Any]]:
    """The visits to a worker: why, and how much time is left."""
    visits = own_page.visits_of(session, worker_id=worker_id)
    if not visits:
        return []
    cover = coverage.coverage_of(session, worker_id=worker_id)
    return [
        {
            "row": visit,
            "why": why_words(visit.decline or ""),
            "left": time_left(cover, cutoff=visit.last_on),
        }
        for visit in visits
    ]


def _pin(debit: DebitView, url: str, phone: str) -> dict[str, Any]:
    """The prepared message to a worker whose provider waits for a PIN."""
    assert debit.pin_until is not None
    text = _(
        "Iuran BPJS Ketenagakerjaan %(months)s sebesar %(sum)s perlu PIN Anda sebelum %(t)s."
        " Masukkan PIN di halaman penyedia: %(pin)s Jangan berikan PIN kepada siapa pun. %(url)s",
        months=", ".join(month(at) for at in sorted(debit.months)),
        sum=rp(debit.amount_idr),
        t=time(debit.pin_until),
        pin=debit.pin_url,
        url=url,
    )
    shared = view_models.whatsapp(text, phone)
    return {"text": text, "share_url": shared, "until": debit.pin_until}


def message(notice: own_page.NoticeRow, url: str) -> str:
    """The prepared text of a notice."""
    if notice.kind is NoticeKind.MANDATE_ENDED:
        return _(
            "Debit otomatis iuran BPJS Ketenagakerjaan Anda sudah berakhir. Hubungi saya untuk"
            " membayar dengan cara lain. Rinciannya: %(url)s",
            url=url,
        )
    if notice.kind is NoticeKind.MANDATE_EXPIRES and notice.debit_on is not None:
        return _(
            "Akun debit otomatis iuran BPJS Ketenagakerjaan Anda berlaku sampai %(day)s. Perbarui"
            " sebelum tanggal itu supaya iuran tetap terbayar: %(url)s",
            day=day(notice.debit_on),
            url=url,
        )
    if notice.kind is NoticeKind.FAILED and notice.debit_on is None:
        return _(
            "Debit iuran BPJS Ketenagakerjaan %(sum)s tidak berhasil dan tidak dicoba lagi bulan"
            " ini. Mari bayar dengan cara lain supaya perlindungan tidak terputus. %(url)s",
            sum=rp(notice.amount_idr),
            url=url,
        )
    assert notice.debit_on is not None
    if notice.kind is NoticeKind.FAILED:
        return _(
            "Debit iuran BPJS Ketenagakerjaan %(sum)s belum berhasil. Dicoba lagi %(day)s; pastikan"
            " saldo cukup. %(url)s",
            sum=rp(notice.amount_idr),
            day=day(notice.debit_on),
            url=url,
        )
    return _(
        "Iuran BPJS Ketenagakerjaan %(months)s sebesar %(sum)s akan didebit %(day)s. %(again)s Buka"
        " tautan ini dan tekan Saya sudah membaca. Di sana debit juga dapat dijeda atau"
        " dihentikan: %(url)s",
        months=", ".join(month(at) for at in sorted(notice.months)),
        sum=rp(notice.amount_idr),
        day=day(notice.debit_on),
        again=tried_again(notice.again_on),
        url=url,
    )


def _invitation(url: str, *, agreed: bool) -> str:
    if agreed:
        return _("Halaman debit otomatis iuran BPJS Ketenagakerjaan Anda: %(url)s", url=url)
    return _(
        "Bayar iuran BPJS Ketenagakerjaan tanpa repot tiap bulan. Baca dan setujui sendiri di HP"
        " Anda: %(url)s Jangan berikan PIN atau OTP kepada siapa pun.",
        url=url,
    )


def _address(token: str) -> str:
    return runtime().settings.base_url + url_for("own.page", token=token)


def _here(worker_id: int) -> str:
    return url_for("agent.worker", worker_id=worker_id) + "#debit-otomatis"
