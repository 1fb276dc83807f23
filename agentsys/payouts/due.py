"""What an agent would be paid now: commission, deductions, tax, and what stands in the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.ledger import accounts, journal
from agentsys.ledger.balances import BALANCES
from agentsys.months import HEAD_OFFICE
from agentsys.papers import accounts as agent_accounts
from agentsys.papers.account_models import AgentAccount
from agentsys.papers.account_queries import same_name
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.shortages import owed_by
from agentsys.payouts import tax
from agentsys.payouts.models import LineState, NpwpCheck, PayoutLine, Withholding
from agentsys.payouts.tax import Tax
from agentsys.people.models import Agent
from agentsys.terms.models import TaxPeriod, Withholder
from agentsys.terms.reading import terms_in

LIVE = (LineState.PREPARED, LineState.APPROVED, LineState.SENT)


class Hindrance(StrEnum):
    """Why an agent is not paid now, although commission is owed."""

    NO_ACCOUNT = "no_account"  # none is in force
    ACCOUNT_CHANGES = "account_changes"  # a new one waits for approval, or for its first day
    BELOW_MINIMUM = "below_minimum"  # carried to the next payout
    UNDER_WAY = "under_way"  # another payout is not finished


@dataclass(frozen=True, kw_only=True)
class AccountNow:
    """The account to which an agent's money goes now, with its number masked."""

    id: int
    bank: str
    holder: str
    number_masked: str
    name_differs: bool  # the holder has another name than the agent


@dataclass(frozen=True, kw_only=True)
class Due:
    """What one agent is to be paid, in rupiah, and what stands in the way."""

    agent_id: int
    agent_name: str
    agent_user_id: int | None
    gross_idr: int
    deduction_idr: int
    deduction_id: int | None
    tax: Tax | None  # None: nobody here withholds
    before_idr: int  # gross in the same tax period before
    again_idr: int
    account: AccountNow | None
    hindrance: Hindrance | None

    @property
    def tax_idr(self) -> int:
        """The tax that is withheld."""
        return self.tax.tax_idr if self.tax else 0

    @property
    def net_idr(self) -> int:
        """What is transferred."""
        return self.gross_idr - self.deduction_idr - self.tax_idr + self.again_idr


def agents_owed(session: Session, *, office_id: int) -> list[int]:
    """Ids of the office's agents to whom commission is owed now, in order."""
    owed = [
        func.concat(prefix, Agent.id) for prefix in (accounts.OWED_AGENT, accounts.PAYABLE_AGENT)
    ]
    rows = session.scalars(
        select(Agent.id)
        .where(
            Agent.office_id == office_id,
            or_(
                *(
                    exists().where(BALANCES.c.account == name, BALANCES.c.amount_idr < 0)
                    for name in owed
                )
            ),
        )
        .order_by(Agent.id)
    )
    return list(rows)


def today() -> date:
    """The day in the head office's time zone."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def due_of(session: Session, agent: Agent, *, among: Collection[int] = ()) -> Due:
    """What an agent is to be paid now; lines of `among` do not count as another payout."""
    day = today()
    terms = terms_in(session, office_id=agent.office_id, month=day.replace(day=1))
    gross = max(-journal.balance(session, accounts.owed_to_agent(agent.id)), 0)
    again = max(-journal.balance(session, accounts.payable_to_agent(agent.id)), 0)
    account = agent_accounts.in_force_on(session, agent.id, day)
    before, withheld = 0, None
    if gross and terms.agent_tax_by is Withholder.OFFICE:
        before = gross_before(session, agent_id=agent.id, day=day, period=terms.tax_period)
        has_npwp = npwp_counts(session, account, day)
        withheld = tax.pph21(gross_idr=gross, before_idr=before, has_npwp=has_npwp, day=day)
    after_tax = gross - (withheld.tax_idr if withheld else 0)
    deduction_id, deduction = _deduction(session, agent.id, after_tax)
    found = Due(
        agent_id=agent.id,
        agent_name=agent.name,
        agent_user_id=agent.user_id,
        gross_idr=gross,
        deduction_idr=deduction,
        deduction_id=deduction_id,
        tax=withheld,
        before_idr=before,
        again_idr=again,
        account=_account_now(account, agent),
        hindrance=None,
    )
    # What an agent who left is still owed is the last payment, whatever it comes to.
    least = 1 if agent.ended_on else max(terms.minimum_idr, 1)
    hindrance = _hindrance(session, found, least, among)
    return replace(found, hindrance=hindrance)


def _account_now(account: AgentAccount | None, agent: Agent) -> AccountNow | None:
    if account is None:
        return None
    return AccountNow(
        id=account.id,
        bank=account.bank,
        holder=account.holder,
        number_masked=account.number_masked,
        name_differs=not same_name(account.holder, agent.name),
    )


def gross_before(session: Session, *, agent_id: int, day: date, period: TaxPeriod) -> int:
    """What was paid gross to an agent in the tax period of a day, in rupiah."""
    month = day.replace(day=1)
    first = month if period is TaxPeriod.MONTH else month.replace(month=1)
    found: int = (
        session.scalar(
            select(func.coalesce(func.sum(Withholding.gross_idr), 0)).where(
                Withholding.agent_id == agent_id,
                Withholding.tax_month >= first,
                Withholding.tax_month <= month,
            )
        )
        or 0
    )
    return int(found)


def npwp_counts(session: Session, account: AgentAccount | None, day: date) -> bool:
    """Whether a taxpayer number counts: there is one, and the tax office knows it."""
    if account is None or account.npwp_kind is None:
        return False
    checked = session.scalar(
        select(NpwpCheck.is_matched)
        .where(NpwpCheck.account_id == account.id)
        .order_by(NpwpCheck.id.desc())
        .limit(1)
    )
    return bool(tax.rules_on(day)["unchecked_npwp_counts"]) if checked is None else checked


def _deduction(session: Session, agent_id: int, most_idr: int) -> tuple[int | None, int]:
    """What is left of the agreed deduction; not more than is still short, nor than `most_idr`."""
    agreed = session.execute(
        select(Deduction.id, Deduction.amount_idr).where(
            Deduction.agent_id == agent_id, Deduction.state == DeductionState.AGREED
        )
    ).first()
    if agreed is None:
        return None, 0
    left = agreed.amount_idr - deducted(session, agreed.id)
    amount = min(left, max(owed_by(session, agent_id), 0), most_idr)
    return (agreed.id, amount) if amount > 0 else (None, 0)


def deducted(session: Session, deduction_id: int) -> int:
    """What payouts took of an agreed deduction, in rupiah."""
    found: int = (
        session.scalar(
            select(func.coalesce(func.sum(PayoutLine.deduction_idr), 0)).where(
                PayoutLine.deduction_id == deduction_id, PayoutLine.withheld_at.is_not(None)
            )
        )
        or 0
    )
    return int(found)


def _hindrance(
    session: Session, found: Due, least_idr: int, among: Collection[int]
) -> Hindrance | None:
    live = select(PayoutLine.id).where(
        PayoutLine.agent_id == found.agent_id, PayoutLine.state.in_(LIVE)
    )
    if set(session.scalars(live)) - set(among):
        return Hindrance.UNDER_WAY
    if found.account is None:
        return Hindrance.NO_ACCOUNT
    if agent_accounts.under_way(session, found.agent_id) is not None:
        return Hindrance.ACCOUNT_CHANGES
    if found.net_idr < least_idr:
        return Hindrance.BELOW_MINIMUM
    return None
