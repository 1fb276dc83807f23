"""Auto-debit from the consent to the receipt, against the simulator, over real HTTP."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from agentsys import jobs
from agentsys.db import db, transaction
from agentsys.extension.contract import Decline, MandateEnd, MandateState
from agentsys.payments.debit_models import DebitState
from agentsys.payments.mandates import wishes
from agentsys.payments.models import Case, Receipt, StoredCallback
from agentsys.runtime import runtime
from tests.payments.mandates.story import Story

D = DebitState


@pytest.mark.parametrize("address", ["midtrans", "gopay_debit"])
def test_linked_announced_debited_and_receipted(story: Story, client, address: str) -> None:
    story.ask()
    assert story.mandate.state is MandateState.PENDING
    assert story.mandate.consent_url.startswith(story.gateway.url)
    story.gateway.do("link", story.mandate.handle)

    assert story.tell(client, "ENABLED", address=address) == 200

    assert story.mandate.state is MandateState.ACTIVE
    story.announce_and_open()
    jobs.make_debits()
    assert story.debit.state is D.COLLECTED
    assert db.session.scalars(select(Receipt)).one().payment_id == story.debit.payment_id


def test_a_forged_notice_about_an_account_changes_nothing(story: Story, client) -> None:
    story.ask()

    assert story.tell(client, "ENABLED") == 200

    assert story.mandate.state is MandateState.PENDING


def test_revoked_at_the_provider_the_mandate_ends_and_the_agent_visits(
    story: Story, client
) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("unlink", story.mandate.handle)

    story.tell(client, "DISABLED")
    jobs.make_debits()

    assert story.mandate.end is MandateEnd.REVOKED_BY_PAYER
    assert (story.debit.state, story.debit.decline) == (D.GIVEN_UP, Decline.ENDED)
    assert story.debit.tries == 0


def test_revoked_silently_the_next_debit_finds_it_out(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("unlink", story.mandate.handle)

    jobs.make_debits()
    jobs.ask_about_mandates()

    assert (story.debit.state, story.debit.decline) == (D.GIVEN_UP, Decline.ENDED)
    assert story.mandate.state is MandateState.ENDED


def test_without_money_it_is_tried_again_and_recovered(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("account", story.mandate.handle, wallet_idr=0)
    jobs.make_debits()
    assert story.debit.decline is Decline.FUNDS
    story.gateway.do("account", story.mandate.handle, wallet_idr=100_000)

    story.days_later()
    jobs.make_debits()

    assert story.debit.state is D.COLLECTED
    assert story.debit.tries == 2


def test_stopped_by_us_the_account_is_unlinked_there_too(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    with transaction() as session:
        wishes.revoke(session, reference=story.mandate.reference, by="payer")
    assert story.mandate.state is MandateState.ENDED

    jobs.ask_about_mandates()

    channel = runtime().registry.channels["gopay_debit"]
    assert channel.check_mandate(story.mandate.handle).state is MandateState.ENDED
    assert story.mandate.next_check_at is None


def test_the_gateways_own_notices_about_an_account_arrive_at_the_address_of_midtrans(
    story: Story, client
) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)

    answers = story.pass_on(client)

    assert answers
    assert set(answers) == {200}
    assert story.mandate.state is MandateState.ACTIVE


def test_a_saved_card_from_the_page_to_the_receipt(story: Story, client) -> None:
    story.ask("card_debit")
    page = story.mandate.consent_url
    story.gateway.do("choose", story.mandate.reference, method="credit_card")
    story.gateway.pay(story.mandate.reference)

    assert set(story.pass_on(client)) == {200}
    assert page.startswith(story.gateway.url)
    assert story.mandate.state is MandateState.ACTIVE
    assert story.mandate.account == "BNI •••• 1114"
    assert db.session.scalars(select(Case)).all() == []
    story.announce_and_open()
    jobs.make_debits()
    assert story.debit.state is D.COLLECTED
    assert db.session.scalars(select(Receipt)).one().payment_id == story.debit.payment_id


def test_a_card_without_money_is_tried_again_and_a_lost_one_ends_the_mandate(story: Story) -> None:
    token = story.save_card()
    story.announce_and_open()
    story.gateway.do("card", token, response="51")
    jobs.make_debits()
    funds = (story.debit.state, story.debit.decline)
    story.gateway.do("card", token, response="41")
    story.days_later()
    jobs.make_debits()
    jobs.ask_about_mandates()

    assert funds == (D.ANNOUNCED, Decline.FUNDS)
    assert (story.debit.state, story.debit.decline) == (D.GIVEN_UP, Decline.ENDED)
    assert story.mandate.end is MandateEnd.ACCOUNT_CLOSED


SUBSCRIPTION = {"id": "s-1", "status": "active", "payment_type": "gopay", "schedule": {}}


def unsigned(name: str) -> float:
    return REGISTRY.get_sample_value("agentsys_unsigned_callbacks_total", {"known": name}) or 0


@pytest.mark.parametrize("nested", [True, False])
def test_a_notice_about_a_subscription_only_asks_about_the_account_that_it_names(
    story: Story, client, nested: bool
) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    before = unsigned("yes")
    body = SUBSCRIPTION | {"gopay": {"account_id": story.mandate.handle}}
    sent = {"subscription": body, "event_name": "subscription.charge"} if nested else body

    answer = client.post("/callbacks/midtrans", json=sent)
    state = story.mandate.state
    jobs.ask_about_mandates()

    assert (answer.status_code, state) == (200, MandateState.PENDING)
    assert story.mandate.state is MandateState.ACTIVE
    assert unsigned("yes") == before + 1


def test_a_notice_about_a_subscription_of_others_is_counted_and_not_kept(
    story: Story, client
) -> None:
    before = unsigned("no")
    sent = [
        {"subscription": SUBSCRIPTION, "transaction": {"transaction_status": "settlement"}},
        {"subscription": SUBSCRIPTION | {"gopay": {"account_id": "somebody-elses"}}},
        {"account_id": "somebody-elses", "account_status": "ENABLED"},
    ]

    answers = [client.post("/callbacks/midtrans", json=body).status_code for body in sent]

    assert answers == [200, 200, 200]
    assert unsigned("no") == before + 3
    assert db.session.scalars(select(StoredCallback)).all() == []


@pytest.mark.parametrize("body", [{"subscription": "s-1"}, {"order_id": "A", "schedule": {}}, []])
def test_what_is_no_notice_is_refused_as_before(story: Story, client, body) -> None:
    assert client.post("/callbacks/midtrans", json=body).status_code == 403
