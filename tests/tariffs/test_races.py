"""Tariff tables at once: two who release, two who propose, and a release beside a billing run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

from flask import Flask
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions import billing, released_tariffs, tariff
from agentsys.contributions.models import Contribution
from agentsys.contributions.tariff_models import TariffState, TariffTable
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Conflict
from agentsys.months import add_months
from agentsys.people.models import RoleName
from agentsys.tariffs import deciding
from agentsys.tariffs.deciding import TariffAction
from tests.factories import make_user, make_worker
from tests.tariffs.steps import proposed, rates


def at_once(app: Flask, acts: list[Callable[[], None]]) -> list[BaseException]:
    """Do these at the same time; what they raised."""
    start, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], None]) -> None:
        with app.app_context():
            start.wait(20)
            try:
                act()
            except BaseException as error:
                raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def next_month() -> date:
    return add_months(clock.this_month(), 1)


def test_two_who_release_at_once_release_once(committed: Flask) -> None:
    with committed.app_context(), transaction() as session:
        table_id = proposed(session, rates(f"{next_month():%Y-%m}", {0: 7_000})).id
        people = [make_user(session, RoleName.ADMIN).id for _ in range(4)]
        seen = released_tariffs.version_of(session)

    def release(actor_id: int) -> Callable[[], None]:
        def act() -> None:
            with transaction() as session:
                deciding.decide_table(
                    session,
                    tariff_id=table_id,
                    action=TariffAction.RELEASE,
                    actor_id=actor_id,
                    seen=seen,
                )

        return act

    raised = at_once(committed, [release(actor_id) for actor_id in people])

    assert [type(error) for error in raised] == [Conflict] * 3
    with committed.app_context(), transaction() as session:
        assert session.get_one(TariffTable, table_id).state is TariffState.RELEASED


def test_two_who_propose_for_one_month_at_once_propose_once(committed: Flask) -> None:
    with committed.app_context(), transaction() as session:
        people = [make_user(session, RoleName.ADMIN).id for _ in range(4)]

    def propose(actor_id: int) -> Callable[[], None]:
        table = rates(f"{next_month():%Y-%m}", {0: 7_000})

        def act() -> None:
            with transaction() as session:
                deciding.propose(session, table=table, source="LN", actor_id=actor_id)

        return act

    raised = at_once(committed, [propose(actor_id) for actor_id in people])

    assert [type(error) for error in raised] == [Conflict] * 3
    with committed.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(TariffTable)) == 1


def test_a_release_beside_a_billing_run_leaves_no_bill_with_the_old_price(
    committed: Flask, vault: Vault
) -> None:
    month = next_month()
    with committed.app_context(), transaction() as session:
        for _ in range(20):
            make_worker(session, vault)
        table_id = proposed(session, rates(f"{month:%Y-%m}", {0: 7_000})).id
        second = make_user(session, RoleName.ADMIN).id
        seen = released_tariffs.version_of(session)
        tariff.use(None, "")

    def release() -> None:
        with transaction() as session:
            deciding.decide_table(
                session,
                tariff_id=table_id,
                action=TariffAction.RELEASE,
                actor_id=second,
                seen=seen,
            )

    def bill() -> None:
        with transaction() as session:
            billing.bill_month(session, month=month, actor_id=None)

    assert at_once(committed, [release, bill]) == []

    with committed.app_context(), transaction() as session:
        of_month = select(Contribution.tariff).where(Contribution.month == month)
        instruments = session.scalars(of_month).all()
        assert len(instruments) == 20
        assert all("PP 1/2027" in each for each in instruments)
