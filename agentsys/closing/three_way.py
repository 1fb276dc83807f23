"""The three-way match: what the gateway settled, what the journal holds, what BPJS confirmed.

Each contribution of an office and month is in exactly one class, so the classes sum to what was
billed. Nothing is stored: a class is what the records say now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, String, select, text
from sqlalchemy.orm import Session

from agentsys.closing.three_way_sql import ROWS
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.planning import planned_for
from agentsys.workers.models import Worker


class MatchClass(StrEnum):
    """What the three sides say about a contribution; the first one that holds."""

    UNBOOKED = "unbooked"  # an order for it was settled, and the journal has no entry of that
    UNPAID = "unpaid"
    SUM_DIFFERS = "sum_differs"  # of gateway, journal or BPJS, and not settled yet
    NOT_AT_GATEWAY = "not_at_gateway"  # booked; its provider gave it back, or does not report it
    REFUSED = "refused"  # by BPJS, or held back for another reason
    PAID = "paid"  # and in no batch
    REMITTED = "remitted"  # in a batch that is not PAID
    NOT_SETTLED = "not_settled"  # PAID, and on no report of its provider
    MATCHED = "matched"


EXCEPTIONS = tuple(
    each for each in MatchClass if each not in (MatchClass.MATCHED, MatchClass.UNPAID)
)
_MANY = 10_000  # contributions of a month, as the statements are planned
CASH, SPONSOR, NOBODY = "cash", "sponsor", ""  # besides the names of channels


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Contributions and their rupiah on each side."""

    count: int = 0
    billed_idr: int = 0
    collected_idr: int = 0
    gateway_idr: int = 0  # on a provider's settlement report
    journal_idr: int = 0  # held for BPJS, or paid to it
    bpjs_idr: int = 0  # what BPJS confirmed

    def __add__(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(**{name: value + vars(other)[name] for name, value in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class ThreeWay:
    """The match of one office and month, by channel and by class."""

    parts: Mapping[tuple[str, MatchClass], Sums]

    @property
    def by_channel(self) -> dict[str, Sums]:
        """By channel: `CASH`, `SPONSOR`, a channel's name; last `NOBODY`, for what is unpaid."""
        found: dict[str, Sums] = {}
        parts = sorted(self.parts.items(), key=lambda part: (part[0][0] == NOBODY, part[0]))
        for (channel, _kind), sums in parts:
            found[channel] = found.get(channel, Sums()) + sums
        return found

    @property
    def by_class(self) -> dict[MatchClass, Sums]:
        """By class; all of them, in their order."""
        found = {kind: Sums() for kind in MatchClass}
        for (_channel, kind), sums in self.parts.items():
            found[kind] += sums
        return found

    @property
    def total(self) -> Sums:
        """Of all contributions of the month."""
        return sum(self.parts.values(), Sums())

    @property
    def exceptions(self) -> Sums:
        """Of all classes that a person must look at."""
        by_class = self.by_class
        return sum((by_class[kind] for kind in EXCEPTIONS), Sums())


@dataclass(frozen=True, kw_only=True)
class ExceptionRow:
    """One contribution, its class, and where to look."""

    worker_id: int
    worker_name: str
    month: date
    kind: MatchClass
    channel: str
    amount_idr: int
    gateway_idr: int
    journal_idr: int
    bpjs_idr: int
    payment_id: int | None
    reference: str
    remittance_id: int | None
    since: datetime  # when it was paid, ordered or billed


_SUMS = text(f"""
    SELECT channel, kind, count(*) AS count, sum(amount_idr)::bigint AS billed_idr,
           sum(collected_idr)::bigint AS collected_idr, sum(gateway_idr)::bigint AS gateway_idr,
           sum(journal_idr)::bigint AS journal_idr, sum(bpjs_idr)::bigint AS bpjs_idr
    FROM ({ROWS}) AS every GROUP BY channel, kind
""")  # noqa: S608  # made of constants
_LISTED = (
    text(ROWS)
    .columns(
        worker_id=BigInteger, month=Date, amount_idr=BigInteger, kind=String, channel=String,
        payment_id=BigInteger, reference=String, remittance_id=BigInteger,
        since=DateTime(timezone=True), collected_idr=BigInteger, gateway_idr=BigInteger,
        journal_idr=BigInteger, bpjs_idr=BigInteger,
    )
    .subquery("every")
)  # fmt: skip
_LISTING = Listing(
    id=_LISTED.c.worker_id,
    sorts={
        "since": Sort(_LISTED.c.since),
        "worker": Sort(Worker.name),
        "amount": Sort(_LISTED.c.amount_idr, descending=True),
    },
    search=lambda words: (
        Worker.name.icontains(words, autoescape=True)
        | _LISTED.c.reference.icontains(words, autoescape=True)
    ),
    tabs={"": _LISTED.c.kind.in_(EXCEPTIONS)}
    | {kind.value: _LISTED.c.kind == kind.value for kind in MatchClass},
    amount=_LISTED.c.amount_idr,
)


def match(session: Session, *, office_id: int, month: date) -> ThreeWay:
    """The three-way match of one office and contribution month, from the current records."""
    with planned_for(session, _MANY):
        rows = session.execute(_SUMS, {"office_id": office_id, "month": month}).all()
    parts = {}
    for row in rows:
        values: dict[str, Any] = dict(row._mapping)
        key = values.pop("channel"), MatchClass(values.pop("kind"))
        parts[key] = Sums(**values)
    return ThreeWay(parts=parts)


def written(found: ThreeWay) -> list[dict[str, Any]]:
    """The match as JSON, to be sealed."""
    return [
        {"channel": channel, "kind": kind.value, **vars(sums)}
        for (channel, kind), sums in sorted(found.parts.items())
    ]


def read(parts: Sequence[Mapping[str, Any]]) -> ThreeWay:
    """The match that was sealed."""
    return ThreeWay(
        parts={
            (part["channel"], MatchClass(part["kind"])): Sums(
                **{name: part[name] for name in vars(Sums())}
            )
            for part in parts
        }
    )


def exceptions(
    session: Session,
    *,
    office_id: int,
    month: date,
    asked: ListRequest,
    total: int | None = None,
) -> Page[ExceptionRow]:
    """The contributions of a class (`asked.tab`), or all exceptions, the oldest first.

    `total` is how many there are, if the caller knows it.
    """
    known = {"", *MatchClass}
    asked = asked if asked.tab in known else replace(asked, tab="")
    columns: Sequence[Any] = [
        _LISTED.c[name]
        for name in (
            "worker_id", "month", "kind", "channel", "amount_idr", "gateway_idr", "journal_idr",
            "bpjs_idr", "payment_id", "reference", "remittance_id", "since",
        )
    ]  # fmt: skip
    query = (
        select(*columns, Worker.name.label("worker_name"))
        .join(Worker, Worker.id == _LISTED.c.worker_id)
        .params(office_id=office_id, month=month)
    )
    narrowed = replace(asked, tab="")
    unfiltered = len(_LISTING.conditions(narrowed)) == 1
    with planned_for(session, _MANY):
        page = _LISTING.page(session, query, asked, total=total if unfiltered else None)
    return page.map(_row)


def _row(row: Any) -> ExceptionRow:
    found = row_as(ExceptionRow, row)
    return replace(found, kind=MatchClass(found.kind))
