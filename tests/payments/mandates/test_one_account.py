"""One account, one mandate: a second worker with the same account is refused, with a sentence."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Conflict
from agentsys.extension.contract import MandateEnd, MandateState
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import linking, wishes
from tests.factories import make_worker
from tests.payments.mandates.account import DictDebit
from tests.payments.mandates.auto import AutoDebit

OTHER_PHONE = "+6281111111111"


@pytest.fixture
def sister(auto: AutoDebit) -> dict[int, Relation]:
    """Another worker of the family, as a wish names her."""
    worker = make_worker(auto.world.session, auto.vault, agent=auto.world.agent, name="Sari")
    return {worker.id: Relation.SIBLING}


def consents(auto: AutoDebit, mandate: Mandate) -> MandateState:
    auto.reference = mandate.reference
    auto.consent()
    return mandate.state


def test_an_account_that_pays_for_a_worker_is_refused_for_another(
    auto: AutoDebit, sister: dict[int, Relation]
) -> None:
    consents(auto, auto.ask())

    with pytest.raises(Conflict, match="sudah membayar iuran pekerja lain"):
        auto.ask(workers=sister)
    assert auto.ask(workers=sister, phone=OTHER_PHONE).state is MandateState.PENDING


def test_an_account_is_free_again_once_its_mandate_ended(
    auto: AutoDebit, sister: dict[int, Relation]
) -> None:
    consents(auto, auto.ask())
    wishes.revoke(auto.world.session, reference=auto.reference, by="payer")

    assert auto.ask(workers=sister).state is MandateState.PENDING


def test_asked_by_both_before_either_consented_the_first_consent_counts(
    auto: AutoDebit, sister: dict[int, Relation]
) -> None:
    mine, hers = auto.ask(), auto.ask(workers=sister)

    assert (consents(auto, hers), consents(auto, mine)) == (
        MandateState.ACTIVE,
        MandateState.ENDED,
    )
    assert mine.end is MandateEnd.NOT_GIVEN
    assert "pekerja lain" in mine.reason


def test_the_same_worker_may_change_the_limits_of_the_same_account(auto: AutoDebit) -> None:
    first = auto.ask()
    consents(auto, first)
    second = auto.ask_again(cap_idr=50_000)

    assert consents(auto, second) is MandateState.ACTIVE
    assert first.end is MandateEnd.REPLACED


def test_what_is_not_found_by_a_phone_may_be_used_by_a_family(
    auto: AutoDebit, sister: dict[int, Relation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DictDebit, "needs_phone", False)
    mine, hers = auto.ask(phone=""), auto.ask(phone="", workers=sister)

    assert consents(auto, mine) is consents(auto, hers) is MandateState.ACTIVE


def test_an_account_that_another_mandate_uses_stays_linked(auto: AutoDebit) -> None:
    first = auto.ask()
    consents(auto, first)
    second = auto.ask_again()
    # The provider gives the same account for the same phone.
    second.handle = first.handle
    second.state, second.consented_at = MandateState.ACTIVE, clock.now()
    auto.world.session.flush()

    wishes.revoke(auto.world.session, reference=first.reference, by="payer")
    linking.ask_providers({auto.channel.name: auto.channel}, vault=auto.vault)
    kept = auto.channel.accounts[first.handle].state
    wishes.revoke(auto.world.session, reference=second.reference, by="payer")
    linking.ask_providers({auto.channel.name: auto.channel}, vault=auto.vault)

    assert kept is MandateState.ACTIVE
    assert auto.channel.accounts[first.handle].state is MandateState.ENDED
    waiting = auto.world.session.scalars(select(Mandate.next_check_at)).all()
    assert set(waiting) == {None}


def test_a_form_without_a_phone_that_is_sent_twice_asks_once(
    auto: AutoDebit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DictDebit, "needs_phone", False)
    key = "a-form-that-is-sent-twice"

    assert auto.ask(phone="", key=key).id == auto.ask(phone="", key=key).id
