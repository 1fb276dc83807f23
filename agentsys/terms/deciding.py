"""Commission terms: one person proposes them, a second one approves; approved ones never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.months import add_months
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.terms.models import (
    LONGEST_BASIS,
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)

MONTHS_AHEAD = 12
LONGEST_REASON = 200
MOST_MINIMUM_IDR = 1_000_000


class TermsAction(StrEnum):
    """What the second person does with proposed terms, or who proposed them."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = TermsState, TermsAction
TERMS_TRANSITIONS = {
    (_S.PROPOSED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.COMMISSION_TERMS_PROPOSE),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Terms as somebody wants them."""

    valid_from: date
    funding: CommissionFunding
    agent_tax_by: Withholder
    office_tax_by: Withholder
    tax_period: TaxPeriod
    minimum_idr: int
    basis: str


def propose(
    session: Session, *, office_id: int | None, wanted: Wanted, actor_id: int
) -> CommissionTerms:
    """Propose terms for an office, or for all (None); Refused says why not.

    They may begin this month at the earliest: what was approved under other terms stays as it is.
    """
    actor = _actor(session, actor_id)
    if not actor.can(Permission.COMMISSION_TERMS_PROPOSE):
        raise Forbidden(permission=Permission.COMMISSION_TERMS_PROPOSE.value)
    if not actor.sees_all_offices and office_id != actor.office_id:
        raise NotFound()
    basis = " ".join(wanted.basis.replace("\0", "").split())[:LONGEST_BASIS]
    if not basis:
        raise Invalid("Isi dasar ketentuan: perjanjian, surat, atau saran pajak.", about="basis")
    if not 0 <= wanted.minimum_idr <= MOST_MINIMUM_IDR:
        raise Invalid(
            "Isi jumlah terkecil dari 0 sampai {most_idr}.",
            most_idr=MOST_MINIMUM_IDR,
            about="minimum_idr",
        )
    if wanted.office_tax_by is Withholder.OFFICE:
        raise Invalid("Kantor tidak memotong pajaknya sendiri. Pilih BPJS atau tidak ada.")
    _check_month(wanted.valid_from)
    waits = select(CommissionTerms.id).where(
        CommissionTerms.state == _S.PROPOSED,
        CommissionTerms.office_id.is_not_distinct_from(office_id),
    )
    if session.scalar(waits) is not None:
        raise Conflict("Usul ketentuan lain masih menunggu orang kedua. Putuskan dulu usul itu.")
    found = CommissionTerms(
        office_id=office_id,
        valid_from=wanted.valid_from,
        funding=wanted.funding,
        agent_tax_by=wanted.agent_tax_by,
        office_tax_by=wanted.office_tax_by,
        tax_period=wanted.tax_period,
        minimum_idr=wanted.minimum_idr,
        basis=basis,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def decide_terms(
    session: Session, *, terms_id: int, action: TermsAction, actor_id: int, reason: str = ""
) -> CommissionTerms:
    """Approve or refuse terms as a second person; who proposed them can withdraw them."""
    actor = _actor(session, actor_id)
    found = session.get(CommissionTerms, terms_id, with_for_update=True, populate_existing=True)
    if found is None or not _in_reach(actor, found):
        raise NotFound()
    if action is _A.WITHDRAW and found.proposed_by != actor.id:
        raise NotFound()
    to = decide(TERMS_TRANSITIONS, found.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if to is not _S.WITHDRAWN:
        if actor.id == found.proposed_by:
            raise Forbidden("Ketentuan komisi diputuskan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[found.proposed_by])
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pengusul tahu apa yang diperbaiki.")
    if to is _S.APPROVED:
        _check_month(found.valid_from)
    found.reason = reason if to is _S.REFUSED else ""
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, found, actor)
    return found


def _in_reach(actor: User, found: CommissionTerms) -> bool:
    return actor.sees_all_offices or found.office_id == actor.office_id


def _check_month(month: date) -> None:
    first, last = clock.this_month(), add_months(clock.this_month(), MONTHS_AHEAD)
    if not first <= month <= last:
        raise Invalid(
            "Pilih bulan mulai dari {first_month} sampai {last_month}.",
            first_month=first,
            last_month=last,
            about="valid_from",
        )


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, found: CommissionTerms, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"commission_terms.{found.state.value}",
        subject=f"commission_terms:{found.id}",
        details={
            "office_id": found.office_id,
            "valid_from": f"{found.valid_from:%Y-%m}",
            "funding": found.funding.value,
            "agent_tax_by": found.agent_tax_by.value,
            "office_tax_by": found.office_tax_by.value,
            "tax_period": found.tax_period.value,
            "minimum_idr": found.minimum_idr,
            "reason": found.reason,
        },
    )
