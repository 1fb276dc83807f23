"""Invariants of the journal: named queries; a row that one returns is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.ledger import (
    balance_checks,
    closing_checks,
    debit_checks,
    fee_checks,
    figure_checks,
    payment_checks,
    payout_checks,
    remittance_checks,
    reversal_checks,
    sponsor_checks,
    transfer_checks,
    work_checks,
)

SHOWN = 20
_ONLY = re.compile(r"ONLY\((\w+), ([^()]+)\)")

# name -> (what is wrong when a row comes back, the query). `ONLY(things, id)` in a query stands for
# the condition that the thing is among those that changed; without one, whole tables are read.
CHECKS: dict[str, tuple[str, str]] = {
    **balance_checks.CHECKS,
    **closing_checks.CHECKS,
    **debit_checks.CHECKS,
    **fee_checks.CHECKS,
    **figure_checks.CHECKS,
    **payment_checks.CHECKS,
    **payout_checks.CHECKS,
    **remittance_checks.CHECKS,
    **reversal_checks.CHECKS,
    **sponsor_checks.CHECKS,
    **transfer_checks.CHECKS,
    **work_checks.CHECKS,
}


@dataclass(frozen=True)
class Violation:
    """A violated invariant: the check, its meaning, and one of the rows found."""

    check: str
    sentence: str
    row: Mapping[str, Any]


def check(session: Session) -> list[Violation]:
    """All violations, at most twenty of each check; empty if there are none."""
    return [
        Violation(name, CHECKS[name][0], row) for name, row in session.execute(text(_ALL)).all()
    ]


def whole(query: str) -> str:
    """The query over all rows."""
    return _ONLY.sub("TRUE", query)


def changed(query: str) -> str:
    """The query over what is in the temporary tables `changed_…`, each with a column `key`."""
    return _ONLY.sub(r"(\2) IN (SELECT key FROM changed_\1)", query)


def sets_of(query: str) -> set[str]:
    """The names of the sets of changes that a query reads."""
    return {found[1] for found in _ONLY.finditer(query)}


# One round trip for all, because this runs after every test and every night.
_ALL = " UNION ALL ".join(
    f"(SELECT '{name}' AS name, to_jsonb(wrong) AS wrong FROM ({whole(query)}) wrong LIMIT {SHOWN})"  # noqa: S608
    for name, (_, query) in CHECKS.items()
)
