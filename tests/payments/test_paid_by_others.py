"""A worker whose months somebody else pays is asked for nothing, by any way of paying."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions.advance import coming_months
from agentsys.contributions.models import Contribution
from agentsys.contributions.payer import PaidByOthers
from agentsys.payments.debit_models import DebitMonth
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.payments.links import make_link
from agentsys.payments.mandates import rounds
from agentsys.payments.models import Payment
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Enrolment
from tests.factories import make_worker
from tests.payments.mandates.auto import AutoDebit
from tests.payments.mandates.conftest import auto  # noqa: F401
from tests.payments.world import World


def sponsor(world: World, *, months: list[date], funding: Funding = Funding.APBD) -> None:
    """Somebody else pays these months of the worker, and those that follow."""
    for contribution in world.session.scalars(select(Contribution)):
        if contribution.month in months:
            contribution.funding = funding
    world.session.scalars(select(Enrolment)).one().funding = funding
    world.session.flush()


@pytest.mark.parametrize("funding", [kind for kind in Funding if kind is not Funding.SELF])
@pytest.mark.parametrize(
    "take",
    [lambda world: world.collect(world.months[:1]), lambda world: world.ask(1)],
    ids=["cash", "bill"],
)
def test_nobody_collects_a_month_that_a_sponsor_pays(
    world: World, take: Callable[[World], Payment], funding: Funding
) -> None:
    sponsor(world, months=world.months, funding=funding)

    with pytest.raises(PaidByOthers) as refused:
        take(world)

    assert refused.value.message.values["payer"] == funding.short
    assert world.session.scalar(select(func.count()).select_from(Payment)) == 0


def test_one_month_of_a_sponsor_among_own_ones_refuses_them_together(world: World) -> None:
    sponsor(world, months=world.months[2:])

    with pytest.raises(PaidByOthers):
        world.collect(world.months)


def test_own_months_from_before_the_sponsor_are_still_collected(world: World) -> None:
    sponsor(world, months=world.months[2:])

    assert world.collect(world.months[:2]).amount_idr == 2 * 16_800


def test_what_a_sponsor_still_owes_keeps_nobody_from_paying_later_months(world: World) -> None:
    sponsor(world, months=world.months[:2])

    assert world.collect(world.months[2:]).amount_idr == 16_800


def test_no_pay_link_is_made_where_nothing_is_to_be_paid(world: World) -> None:
    sponsor(world, months=world.months)

    with pytest.raises(PaidByOthers):
        make_link(world.session, worker_id=world.worker.id, actor_id=None)
    own = make_link(world.session, worker_id=world.worker.id, actor_id=None, kind=LinkKind.OWN)

    assert world.session.scalars(select(PayLink.token)).all() == [own.token]


def test_no_month_ahead_is_offered_that_a_sponsor_pays(world: World) -> None:
    worker = make_worker(world.session, world.vault, agent=world.agent, funding=Funding.CSR)

    assert coming_months(world.session, worker_id=worker.id, count=3) == []


def test_nobody_can_agree_to_debits_while_a_sponsor_pays(auto: AutoDebit) -> None:  # noqa: F811
    sponsor(auto.world, months=auto.world.months)

    with pytest.raises(PaidByOthers):
        auto.ask()


def test_a_debit_leaves_out_the_months_of_a_sponsor(auto: AutoDebit) -> None:  # noqa: F811
    auto.ask()
    auto.consent()
    sponsor(auto.world, months=[clock.this_month()])

    rounds.plan()

    months = auto.world.session.scalars(select(DebitMonth.month).order_by(DebitMonth.month))
    assert months.all() == auto.world.months[:2]
