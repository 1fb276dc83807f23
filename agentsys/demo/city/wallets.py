"""The GoPay accounts of the city's mandates, for the simulator that is to debit them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city.collecting import DEBIT
from agentsys.extension.contract import Decline, MandateEnd, MandateState
from agentsys.payments.debit_models import LIVE, Debit, DebitState
from agentsys.payments.mandate_models import Mandate
from agentsys.workers import seals

POOR = 2  # of those who lacked money and are tried again, one in so many still lacks it
_STATUS = {
    MandateState.PENDING: "PENDING",
    MandateState.ACTIVE: "ENABLED",
    MandateState.SUSPENDED: "ENABLED",
    MandateState.UNCLEAR: "ENABLED",
    MandateState.ENDED: "DISABLED",
}


def write_accounts(session: Session, *, vault: Vault, file: Path) -> int:
    """Write the list for `agentsys simulator --accounts FILE`; how many accounts it has."""
    found = accounts(session, vault=vault)
    file.touch(mode=0o600)
    file.write_text(json.dumps(found), "utf-8")
    return len(found)


def accounts(session: Session, *, vault: Vault) -> list[dict[str, Any]]:
    """The accounts that the provider of the mandates knows, as they stand there."""
    mandates = session.execute(
        select(
            Mandate.id,
            Mandate.reference,
            Mandate.handle,
            Mandate.phone_sealed,
            Mandate.state,
            Mandate.end,
        )
        .where(Mandate.channel == DEBIT, Mandate.handle != "")
        .order_by(Mandate.id)
    ).all()
    poor = _with(session, Debit.state.in_(LIVE), Decline.FUNDS)
    blocked = _with(session, Debit.state == DebitState.GIVEN_UP, Decline.NEEDS_PAYER)
    return [
        {
            "account_id": handle,
            "phone": vault.open(sealed, seals.mandate_phone_of(reference)).removeprefix("+62"),
            "status": "EXPIRED" if end is MandateEnd.NOT_GIVEN else _STATUS[state],
            "wallet_idr": 0 if mandate_id in poor and mandate_id % POOR else 1_000_000,
            "blocked": state is MandateState.SUSPENDED or mandate_id in blocked,
        }
        for mandate_id, reference, handle, sealed, state, end in mandates
    ]


def _with(session: Session, state: Any, decline: Decline) -> set[int]:
    """The mandates with a debit in such a state that was refused for that reason."""
    open_ = Debit.visited_at.is_(None)
    return set(
        session.scalars(select(Debit.mandate_id).where(state, Debit.decline == decline, open_))
    )
