"""The register of income tax withheld from commissions, for slips and for the tax office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.papers.account_models import AgentAccount, NpwpKind
from agentsys.payouts.models import NpwpCheck, PayoutLine, Withholding
from agentsys.payouts.queries import seen_by
from agentsys.payouts.tax import TaxKind
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.workers import seals

LONGEST_EVIDENCE = 200
MOST_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class WithheldRow:
    """Tax withheld from one payout."""

    id: int  # of the payout
    key: str
    agent_name: str
    kind: TaxKind
    tax_month: date
    gross_idr: int
    base_idr: int
    tax_idr: int
    surcharge: bool
    npwp: str  # masked; empty if there is none
    npwp_kind: NpwpKind | None
    is_matched: bool | None  # what the tax office said about the number; None: nobody asked
    account_id: int
    slip_number: str
    withheld_at: datetime


def withheld(session: Session, user: User, asked: ListRequest) -> Page[WithheldRow]:
    """What was withheld in the user's offices, the newest first."""
    listing = Listing(
        id=Withholding.line_id,
        sorts={
            "withheld": Sort(Withholding.line_id, descending=True),
            "name": Sort(Agent.name),
            "tax": Sort(Withholding.tax_idr, descending=True),
        },
        search=lambda words: matches(words, Agent.name, Agent.code),
        tabs={
            "all": Withholding.line_id.is_not(None),
            "no_slip": Withholding.slip_number == "",
            "surcharge": Withholding.surcharge,
        },
        at=Withholding.withheld_at,
        amount=Withholding.tax_idr,
    )
    return listing.page(session, _query(user), asked).map(lambda row: row_as(WithheldRow, row))


def whole_numbers(
    session: Session, user: User, *, vault: Vault, month: date
) -> Iterator[tuple[WithheldRow, str]]:
    """The rows of a tax month with whole taxpayer numbers, for slips; opening them is recorded.

    Forbidden without the permission to send payouts, Invalid if nothing was withheld then.
    """
    if not user.can(Permission.COMMISSION_PAY_SEND):
        raise Forbidden(permission=Permission.COMMISSION_PAY_SEND.value)
    rows = session.execute(
        _query(user)
        .add_columns(AgentAccount.reference, AgentAccount.npwp_sealed)
        .where(Withholding.tax_month == month)
        .order_by(Agent.name, Withholding.line_id)
        .limit(MOST_ROWS)
    ).all()
    if not rows:
        raise Invalid("Tidak ada pajak yang dipotong pada bulan itu.", about="month")
    trail.record(
        session,
        actor_id=user.id,
        action="withholding.exported",
        subject=f"month:{month:%Y-%m}",
        details={"rows": len(rows)},
    )
    found = []
    for row in rows:
        values = dict(row._mapping)
        reference, sealed = values.pop("reference"), values.pop("npwp_sealed")
        number = vault.open(sealed, seals.agent_npwp_of(reference)) if sealed else ""
        found.append((WithheldRow(**values), number))
    return iter(found)


def record_check(
    session: Session, *, account_id: int, is_matched: bool, evidence: str, actor: User
) -> NpwpCheck:
    """Record what the tax office says about the taxpayer number of an agent's account.

    It counts from the next payout on; what was withheld before stays.
    """
    if not actor.can(Permission.COMMISSION_PAY_PREPARE):
        raise Forbidden(permission=Permission.COMMISSION_PAY_PREPARE.value)
    agent = session.execute(
        select(Agent.id, Agent.office_id, Agent.user_id, AgentAccount.npwp_kind)
        .join(AgentAccount, AgentAccount.agent_id == Agent.id)
        .where(AgentAccount.id == account_id, seen_by(actor, Agent.office_id))
    ).one_or_none()
    if agent is None or agent.npwp_kind is None:
        raise NotFound()
    if agent.user_id == actor.id:
        raise Forbidden("NPWP Anda sendiri diperiksa orang lain.")
    evidence = " ".join(evidence.replace("\0", "").split())[:LONGEST_EVIDENCE]
    if not evidence:
        raise Invalid("Isi bagaimana NPWP diperiksa, misalnya tanggal dan layanannya.")
    found = NpwpCheck(
        account_id=account_id,
        is_matched=is_matched,
        evidence=evidence,
        checked_by=actor.id,
        checked_at=clock.now(),
    )
    session.add(found)
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="npwp.matched" if is_matched else "npwp.not_matched",
        subject=f"agent:{agent.id}",
        details={"account_id": account_id, "evidence": evidence},
    )
    return found


def record_slips(session: Session, *, numbers: Mapping[str, str], actor: User) -> int:
    """Record the slip numbers that the tax office gave, by payout key; return how many.

    Invalid names keys that no payout with tax has, and a number that is taken.
    """
    if not actor.can(Permission.COMMISSION_PAY_SEND):
        raise Forbidden(permission=Permission.COMMISSION_PAY_SEND.value)
    rows = {
        row.key: row
        for row in session.execute(
            select(PayoutLine.key, Withholding)
            .join(Withholding, Withholding.line_id == PayoutLine.id)
            .where(PayoutLine.key.in_(list(numbers)), seen_by(actor, PayoutLine.office_id))
            .with_for_update(of=Withholding)
        )
    }
    unknown = sorted(numbers.keys() - rows.keys())
    if unknown:
        raise Invalid("Tidak ada pemotongan pajak dengan referensi {keys}.", keys=unknown)
    given = list(numbers.values())
    twice = sorted({number for number in given if given.count(number) > 1})
    taken = session.scalars(
        select(Withholding.slip_number).where(
            Withholding.slip_number.in_(given),
            Withholding.line_id.not_in([row.Withholding.line_id for row in rows.values()]),
        )
    ).all()
    if twice or taken:
        raise Invalid("Nomor bukti potong dipakai dua kali: {numbers}.", numbers=[*twice, *taken])
    for key, number in numbers.items():
        rows[key].Withholding.slip_number = number
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="withholding.slips_recorded",
        subject="withholding:slips",
        details={"numbers": dict(numbers)},
    )
    return len(numbers)


def _query(user: User) -> Select[*tuple[Any, ...]]:
    newest = (
        select(NpwpCheck.is_matched)
        .where(NpwpCheck.account_id == Withholding.account_id)
        .order_by(NpwpCheck.id.desc())
        .limit(1)
        .correlate(Withholding)
        .scalar_subquery()
    )
    return (
        select(
            Withholding.line_id.label("id"),
            PayoutLine.key,
            Agent.name.label("agent_name"),
            Withholding.kind,
            Withholding.tax_month,
            Withholding.gross_idr,
            Withholding.base_idr,
            Withholding.tax_idr,
            Withholding.surcharge,
            func.coalesce(AgentAccount.npwp_masked, "").label("npwp"),
            AgentAccount.npwp_kind,
            newest.label("is_matched"),
            Withholding.account_id,
            Withholding.slip_number,
            Withholding.withheld_at,
        )
        .join_from(Withholding, PayoutLine, PayoutLine.id == Withholding.line_id)
        .join_from(Withholding, Agent, Agent.id == Withholding.agent_id)
        .join_from(Withholding, AgentAccount, AgentAccount.id == Withholding.account_id)
        .where(seen_by(user, Withholding.office_id))
    )
