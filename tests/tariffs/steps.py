"""Tables that two people bring into force, for tests about tariffs."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys.contributions import tariff
from agentsys.contributions.tariff_models import TariffKind, TariffTable
from agentsys.people.models import RoleName, User
from agentsys.sheets.tables import TableRow
from agentsys.tariffs import deciding, reading
from agentsys.tariffs.deciding import TariffAction
from agentsys.tariffs.reading import Table
from tests.factories import make_user

JKM = TariffKind.JKM


def admin(session: Session) -> User:
    """An admin of all offices, who proposes."""
    return make_user(session, RoleName.ADMIN)


def rates(
    month: str,
    amounts: dict[int, int],
    *,
    kind: TariffKind = JKM,
    until: str = "",
    instrument: str = "PP 1/2027",
) -> Table:
    """A table of amounts by the lowest income of each bracket."""
    head = {
        "instrument": instrument,
        "valid_from": month,
        "valid_until": until,
        "certainty": "sourced",
    }
    lines = [
        TableRow(number, head | {"income_from": str(bound), "amount_idr": str(idr)})
        for number, (bound, idr) in enumerate(amounts.items(), 2)
    ]
    return reading.from_rows(kind, lines)


def discount(month: str, percent: int, *, until: str = "", **row: str) -> Table:
    """A table of one discount on JKK and JKM, for those outside transport who pay themselves."""
    line = {
        "instrument": "PP 2/2027",
        "valid_from": month,
        "valid_until": until,
        "certainty": "sourced",
        "sector": "other",
        "funding": "self",
        "programmes": "JKK+JKM",
        "percent_to_pay": str(percent),
        "applies": "yes",
    }
    return reading.from_rows(TariffKind.DISCOUNT, [TableRow(2, line | row)])


def proposed(session: Session, table: Table, by: User | None = None) -> TariffTable:
    """A table that waits for a second person."""
    return deciding.propose(
        session, table=table, source="Lembaran Negara", actor_id=(by or admin(session)).id
    )


def released(session: Session, table: Table) -> TariffTable:
    """A table that a second person released."""
    return decided(session, proposed(session, table))


def decided(
    session: Session, found: TariffTable, action: str = "release", **values: Any
) -> TariffTable:
    """What a second person decided about a table, as its page was shown just before."""
    by = values.pop("by", None) or make_user(session, RoleName.ADMIN)
    values.setdefault("seen", tariff.version())
    return deciding.decide_table(
        session, tariff_id=found.id, action=TariffAction(action), actor_id=by.id, **values
    )


def month(text: str) -> date:
    """The month written 2027-01."""
    year, number = text.split("-")
    return date(int(year), int(number), 1)
