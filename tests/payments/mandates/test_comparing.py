"""Each day's debits are compared with the provider, whatever was reported before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from agentsys.extension.contract import PaymentState
from agentsys.payments.debit_models import DebitRun, DebitTry
from agentsys.payments.mandates import comparing
from agentsys.payments.models import Case, CaseKind
from tests.payments.mandates.auto import agreed


def _debited(auto) -> str:
    """The reference of a debit that was made and is due to be compared."""
    agreed(auto)
    auto.until(date(2026, 11, 10))
    auto.now.shift(timedelta(hours=13))
    auto.make()
    return auto.channel.calls[-1]


def _compare(auto) -> dict[str, int]:
    auto.world.session.commit()
    found = comparing.compare({auto.channel.name: auto.channel})
    auto.world.session.expire_all()
    return dict(found)


def test_a_debit_of_which_the_provider_says_the_same_is_compared_once(auto) -> None:
    _debited(auto)
    assert _compare(auto) == {"compared": 1}
    assert _compare(auto) == {}
    run = auto.world.session.scalars(select(DebitRun)).one()
    assert (run.compared, run.differing) == (1, 0)


def test_a_debit_is_not_compared_on_the_hour_of_its_call(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 10))
    assert _compare(auto) == {}


def test_money_that_the_provider_took_back_unseen_is_found(auto) -> None:
    reference = _debited(auto)
    order = auto.channel.orders[reference]
    auto.channel.orders[reference] = replace(order, state=PaymentState.FAILED)
    assert _compare(auto) == {"compared": 1, "differing": 1}
    case = auto.world.session.scalars(select(Case)).one()
    assert case.kind is CaseKind.REVERSED
    assert auto.world.session.scalars(select(DebitTry)).one().differed


def test_a_debit_that_the_provider_does_not_know_is_for_a_person(auto) -> None:
    del auto.channel.orders[_debited(auto)]
    assert _compare(auto) == {"compared": 1, "differing": 1}
    assert auto.world.session.scalars(select(Case)).one().kind is CaseKind.UNCLEAR


def test_without_an_answer_a_debit_is_compared_later(auto, monkeypatch) -> None:
    _debited(auto)
    with monkeypatch.context() as down:
        down.setattr(auto.channel, "check", auto.channel.end_mandate)  # fails
        assert _compare(auto) == {"unanswered": 1}
    assert _compare(auto) == {}
    auto.now.shift(comparing.AGAIN_AFTER)
    assert _compare(auto) == {"compared": 1}
