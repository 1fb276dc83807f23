"""Commission rates: one person proposes them, they are tried, a second person approves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.models import Statement, StatementState
from agentsys.commissions.rates import parsing, reading
from agentsys.commissions.rates.models import (
    LONGEST_BASIS,
    LONGEST_NAME,
    CommissionRates,
    RatesCertainty,
    RatesState,
)
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.extension.commission_rules import CommissionRule
from agentsys.months import add_months
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission

FIRST_MONTH = date(2018, 1, 1)
MONTHS_AHEAD = 12
LONGEST_REASON = 200


class RatesAction(StrEnum):
    """What the second person does with proposed rates, or who proposed them."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = RatesState, RatesAction
RATES_TRANSITIONS = {
    (_S.PROPOSED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.COMMISSION_TERMS_PROPOSE),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Rates as somebody wants them; the values as typed, not needed if the rule shall end."""

    valid_from: date
    is_on: bool
    basis: str
    values: Mapping[str, Any]
    version: str = ""
    decree: str = ""
    certainty: RatesCertainty = RatesCertainty.DOUBTFUL


def propose(
    session: Session,
    *,
    rule: CommissionRule,
    office_id: int | None,
    wanted: Wanted,
    actor_id: int,
) -> CommissionRates:
    """Propose rates of a rule for an office, or for all (None); Refused says why not.

    They may begin in the past, but not in a month of which a statement is approved.
    """
    actor = _actor(session, actor_id)
    if not actor.can(Permission.COMMISSION_TERMS_PROPOSE):
        raise Forbidden(permission=Permission.COMMISSION_TERMS_PROPOSE.value)
    if not actor.sees_all_offices and office_id != actor.office_id:
        raise NotFound()
    found = _row(rule, wanted)
    found.office_id, found.proposed_by, found.proposed_at = office_id, actor.id, clock.now()
    _check_month(session, office_id, wanted.valid_from)
    waits = select(CommissionRates.id).where(
        CommissionRates.state == _S.PROPOSED,
        CommissionRates.rule == rule.name,
        CommissionRates.office_id.is_not_distinct_from(office_id),
    )
    if session.scalar(waits) is not None:
        raise Conflict("Usul lain untuk aturan ini masih menunggu orang kedua. Putuskan dulu.")
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def decide_rates(
    session: Session,
    *,
    rates_id: int,
    action: RatesAction,
    actor_id: int,
    rules: Sequence[CommissionRule],
    reason: str = "",
) -> CommissionRates:
    """Approve or refuse rates as a second person; who proposed them can withdraw them.

    Approving needs a trial that is not older than any other decision about rates. A rule that may
    only apply alone switches off, for the same office and from the same month, those that it
    replaces.
    """
    actor = _actor(session, actor_id)
    reading.lock(session)
    found = session.get(CommissionRates, rates_id, with_for_update=True, populate_existing=True)
    if found is None or not (actor.sees_all_offices or found.office_id == actor.office_id):
        raise NotFound()
    if action is _A.WITHDRAW and found.proposed_by != actor.id:
        raise NotFound()
    to = decide(RATES_TRANSITIONS, found.state, action, actor)
    reason = _line(reason, LONGEST_REASON)
    if to is not _S.WITHDRAWN:
        if actor.id == found.proposed_by:
            raise Forbidden("Tarif komisi diputuskan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[found.proposed_by])
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pengusul tahu apa yang diperbaiki.")
    if to is _S.APPROVED:
        _check_month(session, found.office_id, found.valid_from)
        _check_trial(session, found)
    found.reason = reason if to is _S.REFUSED else ""
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, found, actor)
    if to is _S.APPROVED and found.is_on:
        for other in replaced_by(session, found, rules):
            _switch_off(session, found, other, actor)
    return found


def replaced_by(
    session: Session, found: CommissionRates, rules: Sequence[CommissionRule]
) -> list[str]:
    """Names of the rules that would end for the office where these rates begin."""
    group = next((rule.instead_of for rule in rules if rule.name == found.rule), "")
    decided = reading.decided(session, office_id=found.office_id, month=found.valid_from)
    return [
        rule.name
        for rule in rules
        if group
        and rule.instead_of == group
        and rule.name != found.rule
        and (decided[rule.name] if rule.name in decided else rule.packaged_in(found.valid_from))
    ]


def _row(rule: CommissionRule, wanted: Wanted) -> CommissionRates:
    """The proposal with checked settings; Invalid says what is wrong."""
    basis = _line(wanted.basis, LONGEST_BASIS)
    version, decree = _line(wanted.version, LONGEST_NAME), _line(wanted.decree, LONGEST_NAME)
    if not basis:
        raise Invalid("Isi dasar perubahan: surat, perjanjian, atau alasannya.", about="basis")
    if wanted.is_on and not version:
        raise Invalid("Isi nama aturan atau surat yang menetapkan tarif ini.", about="version")
    return CommissionRates(
        rule=rule.name,
        valid_from=wanted.valid_from,
        is_on=wanted.is_on,
        values=parsing.parse(rule, wanted.values) if wanted.is_on else {},
        version=version if wanted.is_on else "",
        decree=(decree or version) if wanted.is_on else "",
        certainty=wanted.certainty,
        basis=basis,
    )


def _switch_off(session: Session, found: CommissionRates, rule: str, actor: User) -> None:
    other = CommissionRates(
        office_id=found.office_id,
        rule=rule,
        valid_from=found.valid_from,
        is_on=False,
        values={},
        version="",
        decree="",
        certainty=found.certainty,
        basis=found.basis,
        state=RatesState.APPROVED,
        proposed_by=found.proposed_by,
        proposed_at=found.proposed_at,
        tried_from=found.tried_from,
        tried_at=found.tried_at,
        decided_by=actor.id,
        decided_at=found.decided_at,
    )
    session.add(other)
    session.flush()
    _record(session, other, actor)


def _check_trial(session: Session, found: CommissionRates) -> None:
    if found.tried_at is None:
        raise Conflict("Hitungan cobanya belum selesai. Tunggu, baca hasilnya, lalu putuskan.")
    later = select(CommissionRates.id).where(
        CommissionRates.state == _S.APPROVED,
        CommissionRates.decided_at > found.tried_at,
    )
    if session.scalar(later.limit(1)) is not None:
        raise Conflict(
            "Tarif lain disetujui sesudah hitungan coba ini. Hitung coba lagi, baca hasilnya, lalu"
            " putuskan."
        )


def _check_month(session: Session, office_id: int | None, month: date) -> None:
    last = add_months(clock.this_month(), MONTHS_AHEAD)
    if not FIRST_MONTH <= month <= last or month.day != 1:
        raise Invalid(
            "Pilih bulan mulai dari {first_month} sampai {last_month}.",
            first_month=FIRST_MONTH,
            last_month=last,
            about="valid_from",
        )
    approved = select(Statement.month).where(
        Statement.state == StatementState.APPROVED, Statement.month >= month
    )
    if office_id is not None:
        approved = approved.where(Statement.office_id == office_id)
    newest = session.scalar(approved.order_by(Statement.month.desc()).limit(1))
    if newest is not None:
        raise Invalid(
            "Laporan komisi bulan {month} sudah disetujui, jadi tarifnya tidak berubah lagi. Pilih"
            " bulan sesudahnya.",
            month=newest,
            about="valid_from",
        )


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _line(text: str, longest: int) -> str:
    return " ".join(text.replace("\0", "").split())[:longest]


def _record(session: Session, found: CommissionRates, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"commission_rates.{found.state.value}",
        subject=f"commission_rates:{found.id}",
        details={
            "office_id": found.office_id,
            "rule": found.rule,
            "valid_from": f"{found.valid_from:%Y-%m}",
            "is_on": found.is_on,
            "version": found.version,
            "values": found.values,
            "reason": found.reason,
        },
    )
