"""What the page of a batch shows of its differences with BPJS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.people.permissions import Permission
from agentsys.remittances import difference_queries as queries
from agentsys.remittances.difference_models import DifferenceKind, SettlementState, SettlementWay
from agentsys.remittances.difference_queries import DifferenceRow
from agentsys.remittances.differences import ways_of
from agentsys.web.second_persons import waits
from agentsys.web.texts import lazy

_WAYS: Mapping[tuple[SettlementWay, bool], Any] = {  # and whether BPJS was paid too much
    (SettlementWay.BANK, True): lazy("BPJS mengembalikan uangnya ke rekening"),
    (SettlementWay.BANK, False): lazy("Kekurangannya dibayar ke BPJS"),
    (SettlementWay.WORKER, True): lazy("Ditagihkan kepada pekerja"),
    (SettlementWay.WORKER, False): lazy("Dikembalikan kepada pekerja"),
    (SettlementWay.OFFICE, True): lazy("Ditanggung kantor"),
    (SettlementWay.MISTAKE, True): lazy("Ternyata tidak dibayar dua kali"),
}


def difference_parts(session: Session, remittance_id: int) -> dict[str, Any]:
    """The open differences of a batch in groups that end alike, and what was proposed."""
    found = queries.settlements(session, remittance_id)
    proposed = [each.proposed_by for each in found if each.state is SettlementState.PROPOSED]
    return {
        "explained": {},  # what was typed in a form that was refused
        "differences": _groups(queries.open_differences(session, remittance_id)),
        "settlements": found,
        "others": queries.open_batches(session, remittance_id),
        "refusals": queries.refusals(session, remittance_id),
        "way_label": way_label,
        "may_propose": current_user.can(Permission.REMITTANCE_CONFIRM),
        "may_decide": current_user.can(Permission.TRANSFER_BOOK),
        "not_yet_decided": waits(proposed),
    }


def way_label(way: SettlementWay, amount_idr: int) -> str:
    """How differences of this sum may end, in words."""
    return str(_WAYS[way, amount_idr > 0])


def _groups(rows: Sequence[DifferenceRow]) -> list[dict[str, Any]]:
    groups: dict[tuple[DifferenceKind, bool, bool], list[DifferenceRow]] = {}
    for row in rows:
        key = (row.kind, row.amount_idr > 0, row.month is not None)
        groups.setdefault(key, []).append(row)
    return [
        {
            "key": f"{kind.value}-{too_much:d}-{of_workers:d}",
            "title": _title(kind, too_much=too_much),
            "rows": group,
            "amount_idr": abs(sum(row.amount_idr for row in group)),
            "ways": [
                (way.value, way_label(way, 1 if too_much else -1))
                for way in ways_of(kind, too_much=too_much, of_workers=of_workers)
            ],
        }
        for (kind, too_much, of_workers), group in groups.items()
    ]


def _title(kind: DifferenceKind, *, too_much: bool) -> str:
    if kind is DifferenceKind.AGAIN:
        return _("Dibayar dua kali")
    return _("BPJS dibayar lebih") if too_much else _("BPJS dibayar kurang")
