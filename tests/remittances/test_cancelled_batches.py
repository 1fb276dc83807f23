"""Results for a batch that was cancelled, or is about to be."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.payments.models import Case, CaseKind
from agentsys.people.models import RoleName
from agentsys.remittances.batches import cancel, make_batch
from agentsys.remittances.cancelling import ask_to_cancel
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Verdict
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_user
from tests.payments.world import World
from tests.remittances.pasting import CODE, coded, confirmed, paste, verdicts


def taken_apart(world: World) -> Remittance:
    """A coded batch that two people cancelled."""
    made = coded(world)
    second = make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)
    ask_to_cancel(
        world.session, remittance_id=made.id, reason="Kedaluwarsa", actor_id=world.finance.id
    )
    cancel(world.session, remittance_id=made.id, actor_id=second.id)
    return made


@pytest.mark.parametrize("amount", ["33600", "16800", ""])
def test_a_paid_line_for_a_cancelled_batch_opens_one_case(world: World, amount: str) -> None:
    made = taken_apart(world)

    results = paste(world, f"{CODE}\tPAID\t{amount}\tREF-9\n" * 2)

    assert verdicts(results) == [Verdict.CANCELLED] * 2
    assert confirmed(world) == [False] * 3
    case = world.session.scalars(select(Case)).one()
    assert (case.kind, case.subject) == (CaseKind.PAID_THOUGH_CANCELLED, f"remittance:{made.id}")
    assert case.facts["bpjs_ref"] == "REF-9"


def test_an_unpaid_line_for_a_cancelled_batch_is_nothing_odd(world: World) -> None:
    taken_apart(world)

    (result,) = paste(world, f"{CODE}\tUNPAID\t33600\t")

    assert result.verdict is Verdict.NOT_PAID
    assert "sudah dibatalkan. Jangan bayar" in result.reason.sentence()
    assert world.session.scalars(select(Case)).all() == []


@pytest.mark.parametrize("status", ["UNPAID", ""])
def test_nobody_is_told_to_pay_a_code_that_is_paid_or_about_to_be_taken_apart(
    world: World, status: str
) -> None:
    made = coded(world)
    line, said = f"{CODE}\t{status}\t33600\t", []

    ask_to_cancel(world.session, remittance_id=made.id, reason="Tua", actor_id=world.finance.id)
    said += paste(world, line)
    paste(world, f"{CODE}\tPAID\t33600\t")
    said += paste(world, line)

    assert verdicts(said) == [Verdict.NOT_PAID] * 2
    assert all("Jangan bayar" in result.reason.sentence() for result in said)


def test_a_code_given_again_is_confirmed_for_the_batch_that_has_it(world: World) -> None:
    taken_apart(world)
    finance = world.finance.id
    again = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=again.id, kode_iuran=CODE, actor_id=finance)

    assert verdicts(paste(world, f"{CODE}\tPAID\t33600\t")) == [Verdict.CONFIRMED]
    assert again.state is RemittanceState.CONFIRMED


def test_paid_counts_while_somebody_asks_to_take_the_batch_apart(world: World) -> None:
    made = coded(world)
    ask_to_cancel(
        world.session, remittance_id=made.id, reason="Kedaluwarsa", actor_id=world.finance.id
    )

    assert verdicts(paste(world, f"{CODE}\tPAID\t33600\t")) == [Verdict.CONFIRMED]
    assert made.cancel_asked_by is None
