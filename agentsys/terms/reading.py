"""The terms that apply to an office in a month: those that people decided, or the package's."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys.errors import Refused
from agentsys.terms.models import (
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)


class TermsMissing(Refused):
    """Not exactly one row of the package applies to a month."""

    text = "Ketentuan pembayaran komisi untuk bulan itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Who pays, who withholds, over which period tax is counted, and the least that is paid."""

    funding: CommissionFunding
    agent_tax_by: Withholder
    office_tax_by: Withholder
    tax_period: TaxPeriod
    minimum_idr: int
    basis: str  # the agreement or advice, or where the package's terms were read
    is_decided: bool  # by people of this system; otherwise it is the package's reading


@dataclass(frozen=True, kw_only=True)
class PackagedTerm:
    """One term of the package, and how certain it is."""

    value: str
    certainty: str
    source: str

    @property
    def is_certain(self) -> bool:
        """Whether a source says so."""
        return self.certainty == "sourced"


def terms_in(session: Session, *, office_id: int, month: date) -> Terms:
    """The terms of an office in a month; those of the office go before those of all offices."""
    found = session.scalars(
        select(CommissionTerms)
        .where(
            CommissionTerms.state == TermsState.APPROVED,
            CommissionTerms.valid_from <= month,
            or_(CommissionTerms.office_id == office_id, CommissionTerms.office_id.is_(None)),
        )
        .order_by(
            CommissionTerms.office_id.is_(None),
            CommissionTerms.valid_from.desc(),
            CommissionTerms.id.desc(),
        )
        .limit(1)
    ).one_or_none()
    if found is None:
        return _packaged_terms(month)
    return Terms(
        funding=found.funding,
        agent_tax_by=found.agent_tax_by,
        office_tax_by=found.office_tax_by,
        tax_period=found.tax_period,
        minimum_idr=found.minimum_idr,
        basis=found.basis,
        is_decided=True,
    )


def packaged_in(month: date) -> dict[str, PackagedTerm]:
    """The package's terms in a month, by their names; TermsMissing unless each is there once."""
    found = [
        (field, term)
        for field, first, last, term in _table()
        if first <= month and (not last or month <= last)
    ]
    fields = [field for field, _term in found]
    if sorted(fields) != sorted({field for field, *_rest in _table()}):
        raise TermsMissing(month=month)
    return dict(found)


def _packaged_terms(month: date) -> Terms:
    packaged = packaged_in(month)
    return Terms(
        funding=CommissionFunding(packaged["funding"].value),
        agent_tax_by=Withholder(packaged["agent_tax_by"].value),
        office_tax_by=Withholder(packaged["office_tax_by"].value),
        tax_period=TaxPeriod(packaged["tax_period"].value),
        minimum_idr=int(packaged["minimum_idr"].value),
        basis="",
        is_decided=False,
    )


@lru_cache
def _table() -> tuple[tuple[str, date, date | None, PackagedTerm], ...]:
    table = files("agentsys.terms") / "tables" / "terms.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return tuple(
        (
            row["field"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            PackagedTerm(value=row["value"], certainty=row["certainty"], source=row["source"]),
        )
        for row in csv.DictReader(lines)
    )
