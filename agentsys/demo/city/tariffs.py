"""A tariff table that waits for a second person: an invented one, a year from now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.tariff_models import TariffKind
from agentsys.demo.city.staff import Staff
from agentsys.months import add_months
from agentsys.sheets.tables import TableRow
from agentsys.tariffs import deciding, reading

_INVENTED = "Contoh: peraturan yang tidak ada, untuk mencoba pratinjau dan rilis"


def play(session: Session, *, staff: Staff) -> None:
    """Propose it with the real service."""
    first = add_months(clock.this_month(), 12)
    row = {
        "instrument": "Contoh PP 1",
        "valid_from": f"{first:%Y-%m}",
        "certainty": "unsure",
        "income_from": "0",
        "amount_idr": "7200",
    }
    table = reading.from_rows(TariffKind.JKM, [TableRow(1, row)])
    deciding.propose(session, table=table, source=_INVENTED, actor_id=staff.admin_id)
