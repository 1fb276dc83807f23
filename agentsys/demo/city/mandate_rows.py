"""Storing the city's mandates, with the evidence of consent."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city.agreeing import Agreed
from agentsys.demo.city.collecting import DEBIT
from agentsys.demo.city.copying import copy_rows
from agentsys.demo.city.fates import Fate
from agentsys.demo.city.pricing import price_of
from agentsys.extension.contract import MandateState
from agentsys.payments.mandate_models import Relation
from agentsys.payments.mandates.consent import CONSENT_TEXT
from agentsys.workers import seals

PLACE = {"address": "203.0.113.24", "device": "Android, Chrome"}
STEP_IDR = 10_000


def write(session: Session, mandates: Iterable[Agreed], vault: Vault) -> None:
    """Write the mandates, whom they pay for, and their changes of state."""
    all_ = list(mandates)
    copy_rows(session, "mandates", _MANDATE, (_row(mandate, vault) for mandate in all_))
    copy_rows(
        session,
        "mandate_workers",
        ("mandate_id", "worker_id", "relation", "since", "until"),
        ((m.id, m.person.id, m.relation.value, m.consented_at, m.ended_at) for m in all_),
    )
    copy_rows(
        session,
        "mandate_moves",
        ("mandate_id", "from_state", "to_state", "at", "by", "report"),
        (
            (
                m.id,
                move.before.value if move.before else None,
                move.after.value,
                move.at,
                move.by,
                json.dumps(_report(m, move.after)),
            )
            for m in all_
            for move in m.moves
        ),
    )
    copy_rows(
        session,
        "audit_events",
        ("at", "actor_id", "action", "subject", "details"),
        (event for m in all_ for event in _events(m)),
    )


def _report(mandate: Agreed, state: MandateState) -> dict[str, str]:
    """What Midtrans answered; nothing when we asked or ended it."""
    said = {
        MandateState.PENDING: "PENDING",
        MandateState.ACTIVE: "ENABLED",
        MandateState.SUSPENDED: "ENABLED",
        MandateState.UNCLEAR: "RESTRICTED",
        MandateState.ENDED: "DISABLED",
    }.get(state)
    if said is None or (state is MandateState.ENDED and mandate.fate is Fate.STOPPED):
        return {}
    return {"account_id": mandate.handle, "account_status": said}


def _events(mandate: Agreed) -> Iterable[tuple[object, ...]]:
    subject = f"mandate:{mandate.id}"
    details: dict[str, object] = {"channel": DEBIT, "workers": [mandate.person.id]}
    yield mandate.asked_at, None, "mandate.asked", subject, json.dumps(details)
    until = mandate.paused_until
    details = {"day": mandate.day, "paused_until": until.isoformat() if until else ""}
    if mandate.fate is Fate.STOPPED:
        yield mandate.ended_at, None, "mandate.revoked", subject, json.dumps(details)
    if mandate.paused_at is not None:
        yield mandate.paused_at, None, "mandate.paused", subject, json.dumps(details)


_MANDATE = (
    "id", "reference", "key", "channel", "office_id", "holder_name", "phone_sealed", "phone_index",
    "cap_idr", "month_cap_idr", "debit_day", "consent_text", "asked_at", "asked_by", "asked_from",
    "return_url", "consented_at", "consent_evidence", "state", "end_reason", "ended_at", "reason",
    "handle", "consent_url", "consent_until", "paused_until", "checks", "next_check_at", "account",
)  # fmt: skip


def _row(mandate: Agreed, vault: Vault) -> tuple[object, ...]:
    person = mandate.person
    price_idr = max(
        price_of(person, month).amount_idr for month in (person.from_month, mandate.start)
    )
    cap_idr = -(-3 * price_idr // STEP_IDR) * STEP_IDR
    evidence = {
        "text": CONSENT_TEXT,
        "reported_by": "sweep",
        "asked_from": PLACE,
        "account": mandate.handle,
    }
    given = mandate.consented_at is not None
    return (
        mandate.id,
        mandate.reference,
        f"demo-{mandate.reference}",
        DEBIT,
        person.office_id,
        person.name if mandate.relation is Relation.SELF else mandate.holder,
        vault.seal(person.phone, seals.mandate_phone_of(mandate.reference)),
        vault.index(person.phone),
        cap_idr,
        cap_idr,
        mandate.day,
        CONSENT_TEXT,
        mandate.asked_at,
        None,
        json.dumps(PLACE),
        "",
        mandate.consented_at,
        json.dumps(evidence if given else {}),
        mandate.state.value,
        mandate.end.value if mandate.end else None,
        mandate.ended_at,
        "",
        mandate.handle,
        "",
        None,
        mandate.paused_until,
        0,
        mandate.next_check_at,
        "",
    )
