"""A month is closed once what is missing is done or explained; then nothing changes it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.closing import checklist, closings, queries, three_way
from agentsys.closing.models import ClosedBalance, MonthClosing
from agentsys.closing.three_way import MatchClass
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, NotFound
from agentsys.extension.contract import PaymentState
from agentsys.jobs import seal_months
from agentsys.ledger import accounts, journal
from agentsys.ledger.models import Entry
from agentsys.months import add_months
from agentsys.payments import ceiling
from agentsys.people.models import RoleName
from agentsys.statements.models import AccountKind, BankAccount, BankIssue, IssueKind, ThingKind
from tests.closing.months import close, next_month, office_of, to_close
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> World:
    """One month in cash, which the agent may keep for longer than the rules say."""
    monkeypatch.setattr(ceiling, "block_days", lambda: 100)
    found = World.build(session, vault)
    found.collect(found.months[:1])
    found.months = found.months[1:]
    return found


def _balances(session: Session, closing_id: int) -> dict[str, int]:
    rows = session.execute(
        select(ClosedBalance.account, ClosedBalance.amount_idr).where(
            ClosedBalance.closing_id == closing_id
        )
    )
    return {account: amount for account, amount in rows}


def test_a_closed_month_keeps_the_balances_of_its_end(world: World) -> None:
    with next_month(world) as month:
        world.collect(world.months[:1])
        closing = close(world, month)

        assert _balances(world.session, closing.id) == {
            accounts.cash_of(world.agent.id): PRICE,
            accounts.owed_bpjs(world.office_id): -PRICE,
        }
        assert closing.seal


def test_the_report_says_what_each_side_says(world: World) -> None:
    world.collect(world.months)
    with next_month(world) as month:
        report = close(world, month).report

    match = three_way.read(report["three_way"])
    assert match == three_way.match(world.session, office_id=world.office_id, month=month)
    assert match.by_channel[three_way.CASH].journal_idr == PRICE
    assert match.by_class[MatchClass.PAID].count == 1
    assert [row["waiting_idr"] for row in report["months"]] == [PRICE] * 3
    assert report["late"] == []


def test_news_about_a_closed_month_are_posted_in_the_open_one_and_name_it(world: World) -> None:
    late = clock.now()
    with next_month(world) as month:
        close(world, month)
        now = clock.now()
        journal.post(
            world.session,
            kind="test",
            source="FT-LATE",
            at=late,
            lines={
                accounts.bank(world.office_id): 500,
                accounts.own_funds(world.office_id): -500,
            },
        )
        entry = world.session.scalars(select(Entry).where(Entry.source == "FT-LATE")).one()

        assert entry.at >= now
        assert entry.closed_month == month
    with next_month(world, later=2):
        report = close(world, add_months(month, 1)).report
        assert report["late"] == [
            {
                "kind": "test",
                "source": "FT-LATE",
                "month": f"{month:%Y-%m}",
                "amount_idr": 500,
            }
        ]


def test_the_database_refuses_an_entry_dated_in_a_closed_month(world: World) -> None:
    late = clock.now()
    with next_month(world) as month:
        close(world, month)
        with pytest.raises(DBAPIError, match="closed"), world.session.begin_nested():
            world.session.execute(
                text(
                    "WITH e AS (INSERT INTO entries (kind, source, at) VALUES ('x', 'y', :at)"
                    " RETURNING id) INSERT INTO postings SELECT e.id, l.account, l.amount FROM e,"
                    " (VALUES (CAST(:one AS text), 5), (CAST(:other AS text), -5))"
                    " l (account, amount)"
                ),
                {
                    "at": late,
                    "one": accounts.cash_of(world.agent.id),
                    "other": accounts.owed_bpjs(world.office_id),
                },
            )


def test_another_office_goes_on_posting_in_its_open_month(world: World, session: Session) -> None:
    other = make_office(session)
    late = clock.now()
    with next_month(world) as month:
        close(world, month)
        journal.post(
            session,
            kind="test",
            source="FT-OTHER",
            at=late,
            lines={accounts.bank(other.id): 500, accounts.own_funds(other.id): -500},
        )

    entry = session.scalars(select(Entry).where(Entry.source == "FT-OTHER")).one()
    assert (entry.at, entry.closed_month) == (late, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE month_closings SET note = 'x'",
        "UPDATE month_closings SET report = '{}'",
        "UPDATE month_closings SET until_at = until_at - interval '1 day'",
        "DELETE FROM month_closings",
        "UPDATE closed_balances SET amount_idr = 1",
        "DELETE FROM closed_balances",
    ],
)
def test_the_database_refuses_to_change_a_closed_month(world: World, change: str) -> None:
    with next_month(world) as month:
        close(world, month)
    with pytest.raises(DBAPIError), world.session.begin_nested():
        world.session.execute(text(change))


def test_months_are_closed_one_after_the_other_and_only_once(world: World) -> None:
    with next_month(world) as month:
        close(world, month)
        with pytest.raises(Conflict):
            close(world, month)
        with pytest.raises(Conflict):
            close(world, add_months(month, 1))  # it still runs
        assert to_close(world) == []


def test_what_is_open_needs_a_reason_that_is_kept(world: World) -> None:
    world.declare()
    with next_month(world) as month:
        with pytest.raises(closings.StillOpen):
            close(world, month, note="  ")
        closing = close(world, month, note="Slip bank menyusul")

    assert closing.note == "Slip bank menyusul"
    assert closing.open_items == [{"key": "deposits", "count": 1, "amount_idr": PRICE}]


def test_what_began_after_the_month_is_not_on_its_checklist(world: World) -> None:
    with next_month(world) as month:
        world.declare()
        until = closings.ends_at(month, office_of(world).zone)
        found = checklist.look(world.session, office_id=world.office_id, until=until)

    assert [item.check.key for item in found if item.is_open] == []


def test_no_reason_helps_while_the_books_were_not_audited_since(world: World) -> None:
    with next_month(world) as month:
        world.session.execute(text("DELETE FROM audit_proofs"))
        with pytest.raises(closings.NotClean):
            close(world, month, note="Tidak apa-apa")


def test_a_payment_that_waits_for_a_person_is_on_the_checklist(world: World) -> None:
    world.report(world.ask(1), PaymentState.SETTLED, amount_idr=PRICE + 1000)
    with next_month(world) as month:
        until = closings.ends_at(month, office_of(world).zone)
        found = checklist.look(world.session, office_id=world.office_id, until=until)

    opened = {item.check.key: item.found.count for item in found if item.is_open}
    assert opened == {"cases": 1, "suspense": 1}


def test_a_month_that_was_only_locked_is_sealed_by_the_job(world: World) -> None:
    with next_month(world) as month:
        locked = closings.lock(
            world.session,
            office_id=world.office_id,
            month=month,
            note="",
            actor_id=world.finance.id,
        )
        world.session.commit()
        world.collect(world.months[:1])
        world.session.commit()
        seal_months()
        sealed = world.session.get_one(MonthClosing, locked.id)
        first = sealed.seal
        seal_months()

    assert first
    assert sealed.seal == first
    assert sum(_balances(world.session, locked.id).values()) == 0
    assert _balances(world.session, locked.id)[accounts.cash_of(world.agent.id)] == PRICE


def test_only_finance_of_the_office_closes(world: World, session: Session) -> None:
    with next_month(world) as month:
        for actor, refusal in (
            (make_user(session, RoleName.SUPERVISOR, office_id=world.office_id), Forbidden),
            (make_user(session, RoleName.FINANCE, office_id=make_office(session).id), NotFound),
        ):
            with pytest.raises(refusal):
                closings.lock(
                    session, office_id=world.office_id, month=month, note="", actor_id=actor.id
                )


def test_who_sees_no_other_office_sees_no_other_closed_month(
    world: World, session: Session
) -> None:
    with next_month(world) as month:
        closing = close(world, month)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    assert [row.id for row in queries.closings(session, world.finance)] == [closing.id]
    assert queries.closings(session, stranger) == []
    assert queries.closing(session, stranger, closing.id) is None


def test_an_open_difference_of_a_statement_is_on_the_checklist(world: World) -> None:
    account = BankAccount(office_id=world.office_id, kind=AccountKind.BANK, name="BCA")
    world.session.add(account)
    world.session.flush()
    issue = BankIssue(
        account_id=account.id,
        office_id=world.office_id,
        kind=IssueKind.NOT_COLLECTED,
        thing_kind=ThingKind.DEPOSIT,
        thing_id=1,
        amount_idr=5,
    )
    world.session.add(issue)
    world.session.flush()
    with next_month(world) as month:
        until = closings.ends_at(month, office_of(world).zone)
        found = checklist.look(world.session, office_id=world.office_id, until=until)

    assert {i.check.key: i.found.count for i in found if i.is_open} == {"statements": 1}


def test_what_was_taken_back_before_the_closing_is_listed(world: World) -> None:
    payment = world.ask(1)
    world.report(payment, PaymentState.SETTLED)
    with next_month(world) as month:
        world.report(payment, PaymentState.REFUNDED)
        report = close(world, month).report

    assert report["taken_back"] == [
        {"kind": "payment.refunded", "source": payment.reference, "amount_idr": PRICE}
    ]


def test_what_does_not_match_on_three_sides_is_on_the_checklist_of_its_month(world: World) -> None:
    world.collect(world.months)
    with next_month(world) as month:
        until = closings.ends_at(month, office_of(world).zone)
        found = checklist.look(world.session, office_id=world.office_id, until=until)

    opened = {i.check.key: (i.found.count, i.found.amount_idr) for i in found if i.is_open}
    assert opened == {"three_way": (1, PRICE)}
