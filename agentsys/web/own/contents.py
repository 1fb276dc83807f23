"""What the worker's own page shows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from agentsys import clock
from agentsys.contributions import advance, coverage
from agentsys.extension.contract import MandateChannel, MandateState
from agentsys.payments import receipts, worker_money
from agentsys.payments.debit_models import COUNTS, DebitState, NoticeKind
from agentsys.payments.mandates import consent, own_page, rounds
from agentsys.payments.mandates import queries as mandates
from agentsys.payments.mandates.own_page import WAITING
from agentsys.payments.mandates.queries import MandateView
from agentsys.payments.mandates.rules import rules_for
from agentsys.runtime import runtime
from agentsys.web import view_models
from agentsys.web.cover import cover_line
from agentsys.web.debit_words import tried_again
from agentsys.web.own import visit
from agentsys.web.own.forms import RELATIONS, ConsentForm, DayForm
from agentsys.web.own.paying import to_pay
from agentsys.web.texts import translated
from agentsys.workers import queries as workers

_ROUND_IDR = 10_000
_SOON_S = 120


def mandate_channels() -> dict[str, MandateChannel]:
    """The installed channels that can debit an account by a mandate."""
    return rounds.mandate_channels(runtime().registry.channels)


def contents(
    database: Session,
    token: str,
    worker_id: int,
    *,
    form: ConsentForm | None = None,
    day_form: DayForm | None = None,
    error: str = "",
    code_error: str = "",
    typed: str = "",
) -> dict[str, Any]:
    """Everything that the page's template needs."""
    worker = workers.profile(database, worker_id)
    every = mandates.mandates_of(database, worker_id=worker_id)
    agreed = next((m for m in every if m.consented_at and m.state is not MandateState.ENDED), None)
    waiting = next((m for m in every if m.state in WAITING), None)
    has_code = visit.has_code(token)
    upcoming = mandates.next_debit(database, worker_id=worker_id)
    rows = own_page.notices_of(database, worker_id=worker_id)
    payer = worker.funding.short
    may_ask = not payer and bool(mandate_channels()) and (agreed is None or has_code)
    return {
        "token": token,
        "staff": visit.is_staff(),
        "has_code": has_code,
        "worker": {
            "name": receipts.short_name(worker.name),
            "agent_name": worker.agent_name,
            "office_name": worker.office_name,
            "controller": worker.controller,
            "payer": payer,
        },
        "agreed": _mandate(agreed) if agreed else None,
        "waiting": _mandate(waiting) | _asking(waiting) if waiting else None,
        "ended": _mandate(every[0]) if every and every[0].state is MandateState.ENDED else None,
        "next_debit": upcoming,
        "owed_idr": worker_money.owed(database, worker_id=worker_id),
        "calling": upcoming is not None and upcoming.state is DebitState.CALLING,
        "notice": _current(rows),
        "to_pay": to_pay(database, worker_id),
        "tried_again": tried_again,
        "form": _form(database, worker_id, form) if may_ask else None,
        "day_form": day_form or (DayForm(new_day=agreed.debit_day) if agreed else None),
        "rules": rules_for(clock.now().date()),
        "consent_text": consent.CONSENT_TEXT,
        "error": error,
        "code_error": code_error,
        "typed": typed,
        "more": _more(database, worker_id, rows) if has_code else None,
    }


def _mandate(mandate: MandateView) -> dict[str, Any]:
    today = clock.now().date()
    return {
        "reference": mandate.reference,
        "channel_label": view_models.channel_label(mandate.channel),
        "state": mandate.state.value,
        "reason": translated(mandate.reason),
        "account": mandate.account,
        "expires_at": mandate.expires_at,
        "end": mandate.end.value if mandate.end else "",
        "ended_at": mandate.ended_at,
        "relation": RELATIONS[mandate.relation],
        "cap_idr": mandate.cap_idr,
        "month_cap_idr": mandate.month_cap_idr,
        "debit_day": mandate.debit_day,
        "consented_at": mandate.consented_at,
        "paused_until": mandate.paused_until
        if mandate.paused_until and mandate.paused_until > today
        else None,
    }


def _asking(mandate: MandateView) -> dict[str, Any]:
    age = (clock.now() - mandate.asked_at).total_seconds()
    here = visit.may_consent(mandate.reference)
    return {
        "consent_url": mandate.consent_url if here else "",
        "consent_until": mandate.consent_until,
        "here": here,
        "late": not mandate.consent_url and age > 30,
        "every": 2_000 if age < _SOON_S else 10_000,
    }


def _current(rows: Sequence[own_page.NoticeRow]) -> own_page.NoticeRow | None:
    """The newest notice that the worker has not read yet."""
    return next((row for row in rows if row.state not in COUNTS), None)


def _form(database: Session, worker_id: int, form: ConsentForm | None) -> ConsentForm:
    if form is None:
        price = advance.monthly_price(database, worker_id=worker_id)
        most = price * rules_for(clock.now().date()).most_months
        cap = -(-most // _ROUND_IDR) * _ROUND_IDR
        form = ConsentForm(formdata=None, key=uuid.uuid4().hex, cap_idr=cap, month_cap_idr=cap)
    form.channel.choices = [
        SelectChoice(name, translated(channel.label))
        for name, channel in mandate_channels().items()
    ]
    return form


def _more(database: Session, worker_id: int, rows: Sequence[own_page.NoticeRow]) -> dict[str, Any]:
    """What only a code opens: cover, history and receipts."""
    strip = worker_money.standings(database, worker_id=worker_id)
    cover = coverage.coverage_of(database, worker_id=worker_id)
    return {
        "cover": cover_line(cover, month_paid=strip[-1].paid),
        "strip": strip,
        "debits": mandates.debits_of(database, worker_id=worker_id),
        "payments": [
            {"row": row, "channel_label": view_models.channel_label(row.channel)}
            for row in worker_money.payments(database, worker_id=worker_id)
        ],
        "notices": [row for row in rows if row.kind is not NoticeKind.DEBIT],
    }
