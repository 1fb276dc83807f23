"""Tariff tables for pages: those that were proposed, and what counts in a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from agentsys.contributions import released_tariffs, tariff
from agentsys.contributions.tariff_models import (
    TariffCertainty,
    TariffKind,
    TariffState,
    TariffTable,
)
from agentsys.contributions.tariff_tables import Discount, Validity, applying
from agentsys.errors import NotFound
from agentsys.people.models import User
from agentsys.workers.kinds import Funding, Sector

NEWEST = 100  # tables on the page


@dataclass(frozen=True, kw_only=True)
class TariffRow:
    """One table that somebody proposed."""

    id: int
    kind: TariffKind
    instrument: str
    valid_from: date
    valid_until: date | None
    certainty: TariffCertainty
    source: str
    rows: Sequence[Mapping[str, Any]]
    state: TariffState
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    reason: str
    effect: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Applying:
    """What counts for one kind in a month, and where it is from."""

    kind: TariffKind
    instruments: Sequence[str]
    since: date | None
    until: date | None
    certainty: str
    released: bool  # by two people here; else it is the product's own table


def tables(session: Session) -> list[TariffRow]:
    """The tables that were proposed: those that wait first, then the newest."""
    waits = case((TariffTable.state == TariffState.PROPOSED, 0), else_=1)
    query = _rows().order_by(waits, TariffTable.id.desc()).limit(NEWEST)
    return [TariffRow(**row._mapping) for row in session.execute(query)]


def table(session: Session, tariff_id: int) -> TariffRow:
    """One of them; NotFound if there is none."""
    row = session.execute(_rows().where(TariffTable.id == tariff_id)).one_or_none()
    if row is None:
        raise NotFound()
    return TariffRow(**row._mapping)


def in_force(session: Session, month: date) -> list[Applying]:
    """What counts in a month, by kind."""
    released_tariffs.refresh(session)
    official = tariff.official()
    found = [
        (kind, [rates.validity for rates in applying(official.rates[kind.value.upper()], month)])
        for kind in (TariffKind.JKK, TariffKind.JKM, TariffKind.JHT)
    ]
    discounts = [row.validity for row in discounts_in(official.discounts, month)]
    found.append((TariffKind.DISCOUNT, discounts))
    return [_applying(kind, validities) for kind, validities in found]


def lines_of(session: Session, kind: TariffKind, month: date) -> list[dict[str, str]]:
    """The rows that count in a month, in the layout of a file; empty if there are none."""
    released_tariffs.refresh(session)
    official = tariff.official()
    if kind is TariffKind.DISCOUNT:
        return [
            _head(row.validity)
            | {
                "sector": row.sector.value,
                "funding": row.funding.value,
                "programmes": "+".join(p for p in tariff.PROGRAMMES if p in row.programmes),
                "percent_to_pay": str(row.percent),
                "applies": "yes" if row.applies else "no",
                "why": "",
            }
            for row in discounts_in(official.discounts, month)
        ]
    return [
        _head(rates.validity) | {"income_from": str(bound), "base_idr": "", "amount_idr": str(idr)}
        for rates in applying(official.rates[kind.value.upper()], month)
        for bound, idr in zip(rates.bounds, rates.amounts, strict=True)
    ]


def discounts_in(rows: Sequence[Discount], month: date) -> list[Discount]:
    """The rows about discounts that count in a month, by sector and payer."""
    found: dict[int, Discount] = {}
    for sector in Sector:
        for funding in Funding:
            about = [row for row in rows if (row.sector, row.funding) == (sector, funding)]
            for programme in tariff.PROGRAMMES:
                those = [row for row in about if programme in row.programmes]
                found |= {id(row): row for row in applying(those, month)}
    return list(found.values())


def _head(validity: Validity) -> dict[str, str]:
    return {
        "instrument": validity.instrument,
        "valid_from": f"{validity.first:%Y-%m}",
        "valid_until": f"{validity.last:%Y-%m}" if validity.last else "",
        "certainty": validity.certainty,
    }


def _applying(kind: TariffKind, rows: Sequence[Validity]) -> Applying:
    order = ("sourced", "secondary", "unsure")
    return Applying(
        kind=kind,
        instruments=sorted({row.instrument for row in rows}),
        since=min((row.first for row in rows), default=None),
        until=min((row.last for row in rows if row.last), default=None),
        certainty=max((row.certainty for row in rows), key=order.index, default=""),
        released=any(row.order for row in rows),
    )


def _rows() -> Any:
    proposer, decider = aliased(User), aliased(User)
    return (
        select(
            TariffTable.id,
            TariffTable.kind,
            TariffTable.instrument,
            TariffTable.valid_from,
            TariffTable.valid_until,
            TariffTable.certainty,
            TariffTable.source,
            TariffTable.rows,
            TariffTable.state,
            TariffTable.proposed_by,
            proposer.name.label("proposer"),
            TariffTable.proposed_at,
            decider.name.label("decider"),
            TariffTable.decided_at,
            TariffTable.reason,
            TariffTable.effect,
        )
        .join(proposer, proposer.id == TariffTable.proposed_by)
        .outerjoin(decider, decider.id == TariffTable.decided_by)
    )
