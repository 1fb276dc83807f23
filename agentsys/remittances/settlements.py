"""The second person's decision about differences with BPJS: whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Forbidden, NotFound, Refused
from agentsys.ledger import accounts, interoffice, journal
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.difference_models import (
    DifferenceSettlement,
    RemittanceDifference,
    SettlementState,
    SettlementWay,
)
from agentsys.remittances.differences import record


class SettlementAction(StrEnum):
    """What the second person does with a proposed settlement."""

    BOOK = "book"
    REFUSE = "refuse"


SETTLEMENT_TRANSITIONS = {
    (SettlementState.PROPOSED, SettlementAction.BOOK): Transition(
        SettlementState.BOOKED, by=Permission.TRANSFER_BOOK
    ),
    (SettlementState.PROPOSED, SettlementAction.REFUSE): Transition(
        SettlementState.REFUSED, by=Permission.TRANSFER_BOOK
    ),
}


def decide_settlement(
    session: Session,
    *,
    settlement_id: int,
    action: SettlementAction,
    actor_id: int,
    shared_bank: bool = False,
) -> DifferenceSettlement:
    """Book a settlement as a second person, or refuse it, so that its differences are open again.

    What BPJS still gets is paid from the office's own money; with `shared_bank` also from other
    offices' shares of the bank account, as a debt to them.
    """
    actor = session.get(User, actor_id)
    found = session.get(DifferenceSettlement, settlement_id)
    if found is None or actor is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    # The differences first, in one order, as proposals lock them.
    inside = list(
        session.scalars(
            select(RemittanceDifference)
            .where(RemittanceDifference.settlement_id == settlement_id)
            .order_by(RemittanceDifference.id)
            .with_for_update(key_share=True, of=RemittanceDifference)
        )
    )
    settlement = session.get_one(
        DifferenceSettlement, settlement_id, with_for_update=True, populate_existing=True
    )
    to = decide(SETTLEMENT_TRANSITIONS, settlement.state, action, actor)
    at = clock.now()
    if to is SettlementState.BOOKED:
        if actor.id == settlement.proposed_by:
            raise Forbidden("Selisih diselesaikan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[settlement.proposed_by])
        _book(session, settlement, inside, at=at, shared_bank=shared_bank)
    for each in inside:
        if to is SettlementState.BOOKED:
            each.settled_at = at
        else:
            each.settlement_id = None
    with session.no_autoflush:
        settlement.state = to
        settlement.decided_by, settlement.decided_at = actor.id, at
    session.flush()
    record(session, settlement, to.value, actor.id)
    return settlement


def _book(
    session: Session,
    settlement: DifferenceSettlement,
    inside: Sequence[RemittanceDifference],
    *,
    at: datetime,
    shared_bank: bool,
) -> None:
    office_id, source = settlement.office_id, f"settlement:{settlement.id}"
    if settlement.way in (SettlementWay.BANK, SettlementWay.MISTAKE):
        interoffice.lock_banks(session, [office_id], shared=shared_bank)
        missing = -settlement.amount_idr
        if missing > 0:
            money = interoffice.spendable(session, office_id, shared=shared_bank)
            if money.total_idr < missing:
                raise Refused(
                    "Saldo rekening penampungan kantor ini di buku {in_bank_idr}, yang kurang"
                    " {amount_idr}. Catat dulu dana yang masuk.",
                    in_bank_idr=money.own_idr,
                    amount_idr=missing,
                )
            interoffice.cover(
                session, office_id=office_id, amount_idr=missing, source=source, shared=shared_bank
            )
    lines = dict(_counter(settlement, inside))
    kept = accounts.difference_of(settlement.kind.value, office_id)
    journal.post(
        session,
        kind="difference.settled",
        source=source,
        at=at,
        lines={**lines, kept: -settlement.amount_idr},
    )


def _counter(
    settlement: DifferenceSettlement, inside: Sequence[RemittanceDifference]
) -> Mapping[str, int]:
    """Whose the differences are now: lines of the journal that sum to them."""
    office_id, amount = settlement.office_id, settlement.amount_idr
    if settlement.way in (SettlementWay.BANK, SettlementWay.MISTAKE):
        return {accounts.bank(office_id): amount}
    if settlement.way is SettlementWay.OFFICE:
        return {accounts.bpjs_difference_cost(office_id): amount}
    lines: dict[str, int] = {}
    for each in inside:
        assert each.worker_id is not None  # checked when it was proposed
        account = accounts.owed_to_worker if amount < 0 else accounts.claim_on_worker
        name = account(each.worker_id)
        lines[name] = lines.get(name, 0) + each.amount_idr
    return lines
