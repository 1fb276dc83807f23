"""The lines of a statement in pages: by rule, with sums; lines with a signal first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, false, func, or_, select
from sqlalchemy.orm import Session

from agentsys.commissions import anomalies
from agentsys.commissions.lines import reason_from_json
from agentsys.commissions.models import StatementLine
from agentsys.commissions.statements import ExplainedLine, StatementRow
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Beneficiary
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.workers.models import Funding, NewToBpu, Worker


@dataclass(frozen=True, kw_only=True)
class RuleSum:
    """The sum of one version of a rule in a statement."""

    rule: str
    version: str
    lines: int
    amount_idr: int


def lines(
    session: Session,
    found: StatementRow,
    asked: ListRequest,
    *,
    rules: Collection[str],
    beneficiary: Beneficiary | None = None,
) -> Page[ExplainedLine]:
    """The lines of a statement; the tab selects those of one signal, the state those of one rule.

    `rules` are those that `sums_by_rule` found. The lines are grouped by rule; in each group, lines
    that caused a signal come first.
    """
    behind = _behind(found)
    odd = case((or_(false(), *behind.values()), "0"), else_="1")
    name = func.coalesce(Worker.name, "")
    listing = Listing(
        id=StatementLine.id,
        sorts={
            "rule": Sort(cast(StatementLine.version.concat("\n").concat(odd), String)),
            "worker": Sort(name),
            "sum": Sort(StatementLine.amount_idr, descending=True),
        },
        search=lambda words: matches(words, Worker.name),
        tabs=behind,
        states={rule: StatementLine.rule == rule for rule in rules},
        amount=StatementLine.amount_idr,
    )
    query = (
        select(StatementLine, name, Worker.kelurahan, Worker.nik_masked)
        .outerjoin(Worker, Worker.id == StatementLine.worker_id)
        .where(StatementLine.statement_id == found.id)
    )
    if beneficiary is not None:
        query = query.where(StatementLine.beneficiary == beneficiary)
    return listing.page(session, query, asked).map(_explained)


def sums_by_rule(
    session: Session, *, statement_id: int, beneficiary: Beneficiary | None = None
) -> Sequence[RuleSum]:
    """The sum of each rule in a statement, largest first."""
    total = func.sum(StatementLine.amount_idr)
    query = (
        select(StatementLine.rule, StatementLine.version, func.count(), total)
        .where(StatementLine.statement_id == statement_id)
        .group_by(StatementLine.rule, StatementLine.version)
        .order_by(total.desc(), StatementLine.version)
    )
    if beneficiary is not None:
        query = query.where(StatementLine.beneficiary == beneficiary)
    return [
        RuleSum(rule=rule, version=version, lines=int(count), amount_idr=int(amount))
        for rule, version, count, amount in session.execute(query)
    ]


def _behind(found: StatementRow) -> Mapping[str, ColumnElement[bool]]:
    """The lines that caused each signal of `anomalies`."""
    begins, ends = anomalies.last_day_of(found.month)
    shared = (
        select(Worker.phone)
        .where(Worker.agent_id == found.agent_id, Worker.phone != "")
        .group_by(Worker.phone)
        .having(func.count() >= anomalies.SHARED_PHONE_WORKERS)
    )
    paid = select(Contribution.worker_id).where(
        Contribution.worker_id == StatementLine.worker_id,
        Contribution.month == StatementLine.month,
        Contribution.funding != Funding.SELF,
    )
    return {
        "last_day": Worker.created_at.between(begins, ends),
        "shared_phone": Worker.phone.in_(shared),
        "sponsored": paid.exists(),
        "unanswered": Worker.new_to_bpu == NewToBpu.UNKNOWN,
    }


def _explained(row: Any) -> ExplainedLine:
    line = row[0]
    return ExplainedLine(
        id=line.id,
        rule=line.rule,
        version=line.version,
        beneficiary=line.beneficiary,
        amount_idr=line.amount_idr,
        reason=reason_from_json(line.reason),
        worker_id=line.worker_id,
        worker_name=row[1],
        worker_place=" · ".join(filter(None, (row[2], (row[3] or "")[-4:]))),
        month=line.month,
    )
