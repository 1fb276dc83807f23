"""Items are in the queues of the users who may decide them, and in no other."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select, update

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound
from agentsys.extension.contract import PaymentState
from agentsys.listing.request import ListRequest
from agentsys.payments import cash
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.models import Case, CaseKind, Payment
from agentsys.people.models import RoleName
from agentsys.work import counts, queries
from agentsys.work.kind import Group
from agentsys.work.kinds import BY_KEY, KINDS
from agentsys.work.models import EscalationRule, WorkAssignment
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session, vault):
    return World.build(session, vault)


def declared(world, key="deposit-0001"):
    world.collect(world.months[:1])
    return world.declare(key=key, evidence="Slip 1")


def returned(world):
    deposit = declared(world)
    return world.decide(deposit, cash.DepositAction.RETURN, reason="Kurang Rp1.000")


def listed(session, user, **wanted):
    return queries.waiting(session, user, ListRequest(**wanted)).rows


def keys(session, user, **wanted):
    return {item.kind.key for item in listed(session, user, **wanted)}


def test_a_declared_deposit_waits_for_finance_of_its_office(session, world):
    deposit = declared(world)
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    [item] = [
        item
        for item in listed(session, world.finance, tab=Group.CASH)
        if item.subject == str(deposit.id)
    ]

    assert (item.kind.key, item.agent, item.amount_idr) == (
        "deposit.declared",
        world.agent.name,
        PRICE,
    )
    assert item.about == "Slip 1"
    assert item.due_at == deposit.declared_at + timedelta(days=1)
    assert "deposit.declared" not in keys(session, elsewhere)


def test_what_is_closed_is_gone(session, world):
    deposit = declared(world)

    cash.decide_deposit(
        session,
        deposit_id=deposit.id,
        action=cash.DepositAction.CONFIRM,
        actor=world.finance,
        counted_idr=PRICE,
    )

    assert "deposit.declared" not in keys(session, world.finance)
    with pytest.raises(NotFound):
        queries.one(session, world.finance, kind="deposit.declared", subject=str(deposit.id))


@pytest.mark.made_up_books
def test_nobody_is_shown_what_another_person_must_decide(session, world):
    deposit = declared(world)
    deposit.declared_by = world.finance.id
    session.flush()

    assert "deposit.declared" not in keys(session, world.finance)


def test_a_returned_deposit_waits_for_its_agent_until_the_next(session, world):
    returned(world)

    agent = world.agent.user
    assert keys(session, agent) == {"deposit.returned"}

    world.declare(key="deposit-0002")

    assert keys(session, agent) == set()


def test_what_is_late_for_too_long_is_shown_one_level_higher(session, world):
    returned(world)
    supervisor = world.agent.supervisor
    assert "deposit.returned" not in keys(session, supervisor)

    five_days_ago = clock.now() - timedelta(days=5)
    session.execute(update(Deposit).values(decided_at=five_days_ago))

    [item] = [i for i in listed(session, supervisor) if i.kind.key == "deposit.returned"]
    assert (item.escalated, item.is_late) == (True, True)

    session.add(EscalationRule(from_day=clock.now().date(), days=7))
    session.flush()
    assert "deposit.returned" not in keys(session, supervisor)


def test_the_counts_are_of_what_the_list_shows(session, world):
    declared(world)
    session.add(Case(kind=CaseKind.UNKNOWN_ORDER, subject="AG-1", facts={}, amount_idr=7_000))
    session.flush()

    found = {count.kind.key: count for count in counts.counts(session, world.finance)}

    items = listed(session, world.finance)
    assert sum(count.number for count in found.values()) == len(items)
    assert found["case.unknown_order"].amount_idr == 7_000
    assert found["deposit.declared"].late == 0


def test_pages_follow_each_other_without_a_gap(session, world):
    at = clock.now()
    session.add_all(
        Case(kind=CaseKind.UNCLEAR, subject=f"AG-{n}", facts={"n": n}, opened_at=at)
        for n in range(7)
    )
    session.flush()

    seen: list[str] = []
    asked = ListRequest(tab=Group.CASES, size=3)
    for _ in range(3):
        page = queries.waiting(session, world.finance, asked)
        seen += [item.subject for item in page.rows]
        asked = replace(asked, cursor=page.next)

    assert page.next == ""

    assert sorted(map(int, seen)) == sorted(session.scalars(select(Case.id)))


def test_the_list_is_searched_by_name_and_by_what_it_is_about(session, world):
    declared(world)

    assert keys(session, world.finance, query="slip 1") == {"deposit.declared"}
    assert keys(session, world.finance, query=world.agent.name.upper()) == {"deposit.declared"}
    assert keys(session, world.finance, query="100%") == set()


def test_every_kind_of_case_is_a_kind_of_work():
    cases = {kind.key for kind in KINDS if kind.key.startswith("case.")}

    assert cases == {f"case.{kind.value}" for kind in CaseKind}
    assert len(BY_KEY) == len(KINDS)


def test_an_agent_sees_a_returned_deposit_on_the_first_page(session, world, visit):
    returned(world)

    text = visit(world.agent.user).get("/hari-ini").get_data(as_text=True)

    assert "Baru untuk Anda" in text
    assert "Setoran Rp16.800 dikembalikan" in text
    assert "Kurang Rp1.000" in text


def test_what_the_menu_counted_is_what_a_list_would_count(session, world):
    declared(world)
    admin = make_user(session, RoleName.ADMIN)
    finance = make_user(session, RoleName.FINANCE, office_id=world.office_id)
    item = listed(session, finance)[0]
    session.add(
        WorkAssignment(
            kind=item.kind.key,
            subject=item.subject,
            holder_id=finance.id,
            taken_at=clock.now(),
        )
    )
    session.execute(update(Deposit).values(declared_at=clock.now() - timedelta(days=30)))
    for user in (finance, admin):
        counted = counts.counts(session, user)
        assert counted
        for tab in ("", "late", "mine", "nonsense", *(group.value for group in Group)):
            for state in ("", "deposit.declared", "list.failed", "nonsense"):
                for query in ("", "Slip"):
                    asked = ListRequest(tab=tab, state=state, query=query)
                    again = queries.waiting(session, user, asked)
                    known = queries.waiting(session, user, asked, counted=counted)
                    assert known == again, (tab, state, query)


def test_a_batch_can_be_made_since_the_oldest_month_in_the_bank_was_paid(session, world):
    payments = [world.ask(1) for _ in range(2)]
    for days, payment in zip((2, 5), payments, strict=True):
        world.report(payment, PaymentState.SETTLED)
        payment.settled_at = clock.now() - timedelta(days=days)
    session.flush()
    finance = make_user(session, RoleName.FINANCE, office_id=world.office_id)

    ready = [item for item in listed(session, finance) if item.kind.key == "remittance.ready"]

    oldest = session.scalars(
        select(Payment)
        .join(Contribution, Contribution.payment_id == Payment.id)
        .order_by(Contribution.month)
        .limit(1)
    ).one()
    assert [item.since for item in ready] == [oldest.settled_at]


def test_only_the_sources_that_are_asked_for_are_read(session, world):
    deposit = declared(world)
    asked = []

    def note(*given):
        asked.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        [item] = listed(session, world.finance, state="deposit.declared")
        queries.one(session, world.finance, kind="deposit.declared", subject=str(deposit.id))
        listed(session, world.finance, tab=Group.CASH)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert item.subject == str(deposit.id)
    others = re.compile(r"(?:FROM|JOIN) (?:remittances|cases|transfers)\b")
    assert [query for query in asked if others.search(query)] == []


def test_with_counts_only_what_was_counted_is_read_and_nothing_is_missing(session, world):
    declared(world)
    counted = counts.counts(session, world.finance)

    found = queries.waiting(session, world.finance, ListRequest(), counted=counted)

    assert [item.kind.key for item in found.rows] == [
        item.kind.key for item in listed(session, world.finance)
    ]
    assert queries.waiting(session, world.finance, ListRequest(), counted=[]).rows == ()
