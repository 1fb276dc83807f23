"""A slip's photo, and the proof of a transfer to BPJS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.payments import evidence
from tests.scans.pictures import jpeg


def evidence_rows(
    session: Session, vault: Vault, ids: Mapping[str, Any], user_id: int
) -> dict[str, Any]:
    """Their ids, by the names of the parameters of addresses."""
    transfer = {"reference": "TRF 1", "on_day": clock.now().date()}
    made = (("evidence_id", "deposit_id", {}), ("proof_id", "remittance_id", transfer))
    return {
        name: evidence.store(
            session,
            vault=vault,
            of={about: ids[about]},
            content=jpeg(),
            actor_id=user_id,
            **more,
        ).id
        for name, about, more in made
    }


def evidence_lists(
    session: Session, vault: Vault, ids: Mapping[str, list[Any]], user_id: int
) -> dict[str, list[Any]]:
    """The same of the first deposit and batch, each id in a list."""
    first = {name: values[0] for name, values in ids.items()}
    return {name: [value] for name, value in evidence_rows(session, vault, first, user_id).items()}
