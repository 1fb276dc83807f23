"""A batch for which BPJS was paid another sum, and what people do about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.ledger import journal
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.people.models import RoleName, User
from agentsys.remittances.confirmations import Verdict, confirm
from agentsys.remittances.difference_models import (
    DifferenceSettlement,
    RemittanceDifference,
    SettlementWay,
)
from agentsys.remittances.differences import propose
from agentsys.remittances.results import read_results
from agentsys.remittances.settlements import SettlementAction, decide_settlement
from tests.factories import make_user
from tests.payments.world import PRICE, World
from tests.remittances.pasting import CODE, HEADER, verdicts

MORE, LESS = 2 * PRICE + 1_200, 2 * PRICE - 1_200


def own_funds(world: World, amount_idr: int = 50_000) -> None:
    """The office puts its own money into the collection account."""
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="MODAL",
        amount_idr=amount_idr,
        actor_id=world.finance.id,
    )


def told(world: World, amount_idr: int, note: str = "Diskon belum dipakai BPJS") -> list[Verdict]:
    """BPJS says that it was paid this sum, and finance says why it is not ours."""
    rows = read_results(f"{HEADER}{CODE}\tPAID\t{amount_idr}\tNTPN-1\n")
    given = confirm(world.session, rows=rows, actor_id=world.finance.id, difference_note=note)
    return verdicts(given)


def difference(session: Session) -> RemittanceDifference:
    """The first difference."""
    return session.scalars(
        select(RemittanceDifference).order_by(RemittanceDifference.id).limit(1)
    ).one()


def proposed(world: World, way: SettlementWay, **more: Any) -> DifferenceSettlement:
    """Finance proposes how to settle the only difference."""
    found = difference(world.session)
    given = {"bank_ref": "TRF 77"} if way is SettlementWay.BANK else {}
    return propose(
        world.session,
        **{
            "remittance_id": found.remittance_id,
            "difference_ids": [found.id],
            "way": way,
            "reason": "BPJS menghitung tarif lama",
            "actor_id": world.finance.id,
            **given,
            **more,
        },
    )


def second(world: World) -> User:
    """Another user of the office's finance."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.office_id)


def book(world: World, settlement: DifferenceSettlement, actor: User | None = None) -> None:
    """A second person books a settlement."""
    decide_settlement(
        world.session,
        settlement_id=settlement.id,
        action=SettlementAction.BOOK,
        actor_id=(actor or second(world)).id,
    )


def balance(world: World, account: str) -> int:
    """The balance of an account of the office."""
    return journal.balance(world.session, f"{account}:{world.office_id}")
