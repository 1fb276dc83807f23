"""Accounts that end: cards with a last day, accounts that a bank closed, pages nobody used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.errors import Invalid
from agentsys.extension.contract import Callback, Capabilities, Decline, MandateEnd, MandateState
from agentsys.payments import callback_store, callbacks
from agentsys.payments.debit_models import Notice, NoticeKind
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.models import Case, Outcome, StoredCallback
from tests.payments.mandates.account import DictDebit
from tests.payments.mandates.auto import AutoDebit, agreed

LAST_DAY = datetime(2026, 12, 31, 1, tzinfo=UTC)


def mandate(auto: AutoDebit) -> Mandate:
    return auto.world.session.scalars(select(Mandate)).one()


def told(auto: AutoDebit) -> list[Notice]:
    rows = select(Notice).where(Notice.kind == NoticeKind.MANDATE_EXPIRES).order_by(Notice.id)
    return list(auto.world.session.scalars(rows))


def ask_at(auto: AutoDebit, moment: datetime) -> MandateState:
    """The daily question, at a moment."""
    auto.now.move_to(moment)
    mandate(auto).next_check_at = clock.now()
    auto.ask_provider()
    return mandate(auto).state


@pytest.fixture
def card(auto: AutoDebit) -> AutoDebit:
    """A worker whose card, which ends on the last day of the year, is debited."""
    auto.ask()
    auto.account.expires_at, auto.account.name = LAST_DAY, "BNI •••• 1114"
    auto.consent()
    return auto


def test_what_the_payer_knows_the_account_by_and_its_last_day_are_kept(card: AutoDebit) -> None:
    kept = mandate(card)

    assert (kept.account, kept.expires_at) == ("BNI •••• 1114", LAST_DAY)


def test_the_payer_is_asked_to_renew_once_and_in_time(card: AutoDebit) -> None:
    ask_at(card, LAST_DAY - timedelta(days=46))
    before = len(told(card))
    for days in (45, 44, 2):
        ask_at(card, LAST_DAY - timedelta(days=days))

    assert before == 0
    assert [notice.debit_on for notice in told(card)] == [LAST_DAY.date()]
    assert told(card)[0].worker_id == card.world.worker.id


def test_a_card_with_a_new_last_day_is_told_again_before_that_one(card: AutoDebit) -> None:
    ask_at(card, LAST_DAY - timedelta(days=10))
    card.account.expires_at = LAST_DAY + timedelta(days=20)
    ask_at(card, LAST_DAY - timedelta(days=9))

    assert [notice.debit_on for notice in told(card)] == [
        LAST_DAY.date(),
        (LAST_DAY + timedelta(days=20)).date(),
    ]


def test_after_its_last_day_the_mandate_has_expired(card: AutoDebit) -> None:
    before = ask_at(card, LAST_DAY - timedelta(seconds=1))
    after = ask_at(card, LAST_DAY)

    assert (before, after) == (MandateState.ACTIVE, MandateState.ENDED)
    assert mandate(card).end is MandateEnd.EXPIRED


def test_the_last_day_counts_also_when_the_provider_says_it_no_more(card: AutoDebit) -> None:
    card.account.expires_at = None

    assert ask_at(card, LAST_DAY) is MandateState.ENDED


@pytest.mark.parametrize(
    ("can_be_asked", "state"),
    [(True, MandateState.ACTIVE), (False, MandateState.ENDED)],
)
def test_a_refusal_ends_the_mandate_where_the_provider_cannot_tell(
    auto: AutoDebit, can_be_asked: bool, state: MandateState
) -> None:
    auto.channel.capabilities = Capabilities(
        without_pin_up_to_idr=100_000,
        cancellable=True,
        refundable=True,
        shared=True,
        ends_by_refusal=not can_be_asked,
    )
    agreed(auto)
    auto.account.refuses = Decline.ENDED
    auto.until(datetime(2026, 11, 11).date())
    ask_at(auto, clock.now() + timedelta(minutes=1))

    assert auto.debit.decline is Decline.ENDED
    assert mandate(auto).state is state
    assert mandate(auto).end is (None if can_be_asked else MandateEnd.ACCOUNT_CLOSED)


def test_a_page_that_nobody_used_in_time_gives_no_consent(auto: AutoDebit) -> None:
    auto.ask()
    auto.account.state = MandateState.ASKED
    mandate(auto).consent_until = clock.now() + timedelta(minutes=15)
    in_time = ask_at(auto, clock.now() + timedelta(minutes=14))
    after = ask_at(auto, clock.now() + timedelta(minutes=2))

    assert (in_time, after) == (MandateState.PENDING, MandateState.ENDED)
    assert mandate(auto).end is MandateEnd.NOT_GIVEN
    assert "habis" in mandate(auto).reason


def test_a_notice_about_the_order_of_a_consent_asks_about_the_mandate_and_opens_no_case(
    auto: AutoDebit,
) -> None:
    auto.ask()
    auto.account.state = MandateState.ACTIVE
    session, reference = auto.world.session, auto.reference
    mandate(auto).next_check_at = clock.now() + timedelta(days=1)
    session.commit()
    callback_store.store(
        session,
        channel="dictdebit",
        callback=Callback(headers={}, body=json.dumps({"order_id": reference}).encode()),
        reference=reference,
    )
    session.commit()
    counted = callbacks.process_waiting({auto.channel.name: auto.channel})
    auto.ask_provider()

    assert dict(counted) == {Outcome.NOTHING_NEW: 1}
    assert mandate(auto).state is MandateState.ACTIVE
    assert session.scalars(select(StoredCallback.outcome)).all() == [Outcome.NOTHING_NEW]
    assert session.scalars(select(Case)).all() == []


def test_a_channel_that_finds_accounts_by_phone_needs_one(
    auto: AutoDebit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="Isi nomor HP akun"):
        auto.ask(phone="")

    monkeypatch.setattr(DictDebit, "needs_phone", False)
    with pytest.raises(Invalid, match="Isi nomor HP akun"):
        auto.ask(phone="12")
    assert auto.ask(phone="").state is not MandateState.ENDED
