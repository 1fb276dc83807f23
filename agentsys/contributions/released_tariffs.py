"""The released tariff tables beside those of the package: whoever prices something refreshes them.

Each process keeps what it has read. A transaction asks once whether another table was released;
billing asks again when it holds its lock, so that no month is billed by a table of before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.contributions import tariff
from agentsys.contributions.tariff_models import TariffKind, TariffState, TariffTable
from agentsys.contributions.tariff_tables import Discount, Rates, Validity
from agentsys.workers.kinds import Funding, Sector

_SEEN = "tariff_seen_in"
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_ALONE = text("SELECT pg_advisory_xact_lock(:lock)")


def refresh(session: Session, *, again: bool = False) -> None:
    """Read the released tables if another one was released; asked once in a transaction."""
    transaction = session.get_transaction()
    if not again and transaction is not None and session.info.get(_SEEN) is transaction:
        return
    version = version_of(session)
    if version != tariff.version():
        tariff.use(_read(session), version)
    session.info[_SEEN] = session.get_transaction()


def version_of(session: Session) -> str:
    """What tells whether another table was released since; empty if there is none."""
    count, newest, last = session.execute(
        select(func.count(), func.max(TariffTable.decided_at), func.max(TariffTable.id)).where(
            TariffTable.state == TariffState.RELEASED
        )
    ).one()
    return f"{count}-{last}-{newest.timestamp():.6f}" if newest is not None else ""


def share_lock(session: Session) -> None:
    """Keep tables from being released until this transaction ends, and read the newest."""
    session.execute(_SHARED, {"lock": locks.TARIFFS})
    refresh(session, again=True)


def lock(session: Session) -> None:
    """Be the only one that releases a table, with no billing beside it; reads the newest."""
    session.execute(_ALONE, {"lock": locks.TARIFFS})
    refresh(session, again=True)


def with_table(base: tariff.Tariff, found: TariffTable) -> tariff.Tariff:
    """The tariff as it would be if a table were released last."""
    orders = [rates.validity.order for each in base.rates.values() for rates in each]
    orders += [discount.validity.order for discount in base.discounts]
    return _added(base, [found], first_order=1 + max(orders))


def _read(session: Session) -> tariff.Tariff:
    rows = session.scalars(
        select(TariffTable)
        .where(TariffTable.state == TariffState.RELEASED)
        .order_by(TariffTable.decided_at, TariffTable.id)
    ).all()
    return _added(tariff.packaged(), rows, first_order=1)


def _added(
    base: tariff.Tariff, tables: Sequence[TariffTable], *, first_order: int
) -> tariff.Tariff:
    rates = {name: list(known) for name, known in base.rates.items()}
    discounts = list(base.discounts)
    for order, table in enumerate(tables, first_order):
        if table.kind is TariffKind.DISCOUNT:
            discounts += [_discount(table, row, order) for row in table.rows]
        else:
            rates[table.kind.value.upper()].append(_rates(table, order))
    return tariff.Tariff(rates=rates, discounts=discounts)


def _rates(table: TariffTable, order: int) -> Rates:
    amounts = {int(row["income_from"]): int(row["amount_idr"]) for row in table.rows}
    bounds = tuple(sorted(amounts))
    return Rates(
        _validity(table, table.certainty.value, order),
        bounds,
        tuple(amounts[bound] for bound in bounds),
    )


def _discount(table: TariffTable, row: Mapping[str, Any], order: int) -> Discount:
    return Discount(
        _validity(table, row["certainty"], order),
        Sector(row["sector"]),
        Funding(row["funding"]),
        frozenset(row["programmes"].split("+")),
        int(row["percent_to_pay"]),
        row["applies"] == "yes",
    )


def _validity(table: TariffTable, certainty: str, order: int) -> Validity:
    return Validity(table.instrument, table.valid_from, table.valid_until, certainty, order)
