"""A batch with its code, and results of BPJS that are pasted."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.extension.contract import PaymentState
from agentsys.payments.gateway_payouts import record_payout
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Result, Verdict, confirm
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import read_results
from tests.payments.world import PRICE, World

HEADER = "KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n"

CODE = "901234567890"


def coded(world: World, *, in_bank: bool = True) -> Remittance:
    """A batch of two months with its code, and its money in the bank."""
    world.report(world.ask(2), PaymentState.SETTLED)
    finance = world.finance.id
    if in_bank:
        record_payout(
            world.session,
            provider="dict",
            bank_ref="MCM 1",
            amount_idr=2 * PRICE,
            fee_idr=0,
            actor_id=finance,
        )
    made = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=made.id, kode_iuran=CODE, actor_id=finance)
    return made


def paste(world: World, text: str, actor_id: int | None = None) -> list[Result]:
    """Apply a pasted result of EPS."""
    return confirm(
        world.session, rows=read_results(HEADER + text), actor_id=actor_id or world.finance.id
    )


def verdicts(results: list[Result]) -> list[Verdict]:
    """The verdict of each line."""
    return [result.verdict for result in results]


def confirmed(world: World) -> list[bool]:
    """Which of the worker's contributions are confirmed."""
    rows = world.session.scalars(select(Contribution).order_by(Contribution.month))
    return [row.confirmed_at is not None for row in rows]
