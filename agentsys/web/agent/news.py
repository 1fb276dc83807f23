"""News for the agent, above the list of workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import changes, reminding
from agentsys.contributions.changes import Affected
from agentsys.contributions.reminding import DueNews
from agentsys.handovers import queries
from agentsys.months import add_months
from agentsys.payments.mandates import outbox
from agentsys.people.models import AgentStatus
from agentsys.people.profiles import AgentProfile
from agentsys.web.agent.leaves import leave_news
from agentsys.web.agent.own_account import account_news
from agentsys.web.texts import day, month, rp
from agentsys.web.work_words import about
from agentsys.work import news
from agentsys.work.news import News


def news_of(session: Session, mine: AgentProfile, ending_count: int) -> list[dict[str, Any]]:
    """Everything that is new for an agent, the most urgent first."""
    waiting = outbox.unsent(session, agent_id=mine.id)
    dearer = changes.affected(session, agent_id=mine.id)
    return [
        *not_appointed(mine),
        *account_news(session, mine),
        *leave_news(session, mine),
        *handed_over(session, mine),
        *ending(ending_count),
        *price_rise(dearer),
        *due(reminding.news_of(session, agent_id=mine.id, office_id=mine.office_id)),
        *unsent(waiting),
        *new_for_agent(session),
    ]


def new_for_agent(session: Session) -> list[dict[str, Any]]:
    """Returned deposits, contributions that are held back, and statements that came back."""
    return [_row(item) for item in news.new_for_agent(session, current_user)]


def ending(count: int) -> list[dict[str, Any]]:
    """The news item about memberships that end this month if their arrears are not paid."""
    if not count:
        return []
    last = add_months(clock.this_month(), 1) - timedelta(days=1)
    title = ngettext(
        "Kepesertaan %(num)d pekerja berakhir %(day)s",
        "Kepesertaan %(num)d pekerja berakhir %(day)s",
        count,
        day=day(last),
    )
    about = _("Tunggakannya dapat dibayar sampai hari itu; setelahnya kepesertaan berakhir.")
    url = url_for("agent.today", tab="arrears")
    return [{"icon": "shield-alert", "title": title, "about": about, "since": None, "url": url}]


def not_appointed(mine: AgentProfile) -> list[dict[str, Any]]:
    """The news item that tells a candidate why nothing can be enrolled or collected yet."""
    if mine.status is not AgentStatus.CANDIDATE:
        return []
    title = _("Anda masih calon agen")
    about = _(
        "Mendaftarkan pekerja dan menagih dibuka sesudah Anda diangkat: lulus ujian dan suratnya"
        " lengkap. Penyelia Anda mencatatnya."
    )
    url = url_for("account.account")
    return [{"icon": "hourglass", "title": title, "about": about, "since": None, "url": url}]


def price_rise(change: Affected | None) -> list[dict[str, Any]]:
    """The news item about a price that rises next month, by the tables of the tariff."""
    if change is None:
        return []
    title = ngettext(
        "Iuran %(num)d pekerja naik mulai %(month)s",
        "Iuran %(num)d pekerja naik mulai %(month)s",
        change.workers,
        month=month(change.month),
    )
    about = _("Keringanan %(law)s berakhir. Beri tahu pekerja.", law=", ".join(change.ended))
    url = url_for("agent.today", tab="all")
    return [{"icon": "calendar-clock", "title": title, "about": about, "since": None, "url": url}]


def due(news_: DueNews | None) -> list[dict[str, Any]]:
    """The news item that asks the agent to remind workers of a month that is due."""
    if news_ is None:
        return []
    title = ngettext(
        "Ingatkan %(num)d pekerja: iuran %(month)s jatuh tempo %(day)s",
        "Ingatkan %(num)d pekerja: iuran %(month)s jatuh tempo %(day)s",
        news_.workers,
        month=month(news_.month),
        day=day(news_.due_on),
    )
    about = _("Kirim tautan bayar dari halaman pekerja, atau tagih hari ini.")
    url = url_for("agent.today")
    return [{"icon": "bell", "title": title, "about": about, "since": news_.made_at, "url": url}]


def handed_over(session: Session, mine: AgentProfile) -> list[dict[str, Any]]:
    """The news items about workers who came to the agent, or went, in the last days."""
    return [
        _handed(row)
        for row in queries.news_for(session, agent_id=mine.id, office_id=mine.office_id)
    ]


def _handed(row: queries.Handed) -> dict[str, Any]:
    if row.gave:
        title = ngettext(
            "%(num)d pekerja Anda pindah ke agen lain",
            "%(num)d pekerja Anda pindah ke agen lain",
            row.workers,
        )
        about = _("Bulan yang sudah dibayar tetap milik Anda; titipannya tetap Anda setor.")
    else:
        title = ngettext(
            "%(num)d pekerja dari %(name)s sekarang bagian Anda",
            "%(num)d pekerja dari %(name)s sekarang bagian Anda",
            row.workers,
            name=row.other,
        )
        about = _("Bulan yang belum dibayar Anda yang menagih.")
    url = url_for("agent.cash") if row.gave else url_for("agent.today", tab="all")
    return {
        "icon": "arrow-left-right",
        "title": title,
        "about": about,
        "since": row.done_at,
        "url": url,
    }


def unsent(count: int) -> list[dict[str, Any]]:
    """The news item about messages of auto-debit that the agent is to send."""
    if not count:
        return []
    title = ngettext(
        "%(num)d pesan debit belum dikirim", "%(num)d pesan debit belum dikirim", count
    )
    about = _("Tanpa dibaca pekerja, tidak ada yang didebit.")
    url = url_for("agent.messages")
    return [{"icon": "bell", "title": title, "about": about, "since": None, "url": url}]


def _row(item: News) -> dict[str, Any]:
    icon, title, url = {
        "deposit.returned": (
            "undo-2",
            _("Setoran %(sum)s dikembalikan", sum=rp(item.amount_idr or 0)),
            url_for("agent.cash"),
        ),
        "contribution.held": (
            "ban",
            _("Iuran %(name)s ditahan keuangan", name=item.worker),
            url_for("agent.today", q=item.worker),
        ),
        "statement.returned": (
            "calculator",
            _("Laporan komisi dihitung ulang"),
            url_for("agent.commission"),
        ),
        "debit.visit": (
            "footprints",
            _("Kunjungi %(name)s: debit tidak berhasil", name=item.worker),
            url_for("agent.today", q=item.worker),
        ),
        "debit.needs_payer": (
            "key-round",
            _("%(name)s perlu bertindak agar dapat didebit", name=item.worker),
            url_for("agent.today", q=item.worker),
        ),
        "mandate.ended": (
            "circle-off",
            _("Debit otomatis %(name)s berakhir", name=item.worker),
            url_for("agent.today", q=item.worker),
        ),
    }[item.kind.key]
    return {
        "icon": icon,
        "title": title,
        "about": about(item.about),
        "since": item.since,
        "url": url,
    }
