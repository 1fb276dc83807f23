"""A kode iuran expires and is replaced; who pays late, under an old code, or twice is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db
from agentsys.errors import Conflict, Invalid
from agentsys.extension.contract import PaymentState
from agentsys.ledger import invariants, journal
from agentsys.listing.request import ListRequest
from agentsys.months import HEAD_OFFICE
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import RoleName
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Result, Verdict, confirm
from agentsys.remittances.difference_models import (
    DifferenceKind,
    RemittanceDifference,
    SettlementWay,
)
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import read_results
from agentsys.work import queries
from agentsys.work.kind import Group
from tests.factories import make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World
from tests.remittances.differing import balance, book, own_funds, proposed
from tests.remittances.pasting import CODE, coded, verdicts

NEW = "902222000001"
SUM = 2 * PRICE


def told(
    world: World, code: str, *, ref: str = "N-1", note: str = "", on: str = "", actor: int = 0
) -> list[Result]:
    """BPJS says that this code is PAID."""
    text = f"KODE IURAN;STATUS;JUMLAH;NO REF;TANGGAL BAYAR\n{code};PAID;{SUM};{ref};{on}\n"
    return confirm(
        world.session,
        rows=read_results(text),
        actor_id=actor or world.finance.id,
        difference_note=note,
    )


def new_code(world: World, made: Remittance, code: str = NEW, until: date | None = None) -> None:
    """Finance got a new code in EPS."""
    set_code(
        world.session,
        remittance_id=made.id,
        kode_iuran=code,
        actor_id=world.finance.id,
        valid_until=until,
    )


def today() -> date:
    """The day at the head office, whose clock EPS has."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def test_a_code_can_be_paid_on_its_own_day_and_the_setting_says_that_this_is_unsure(
    world: World,
) -> None:
    made = coded(world)

    assert made.code_expires_at is not None
    end = made.code_expires_at.astimezone(HEAD_OFFICE)
    assert (end.date(), end.hour) == (today() + timedelta(days=1), 0)
    assert not setting(Rule.CODE_DAYS, today()).is_certain


def test_the_day_that_eps_names_counts(world: World) -> None:
    made = coded(world)

    new_code(world, made, CODE, today() + timedelta(days=3))

    assert made.code_expires_at is not None
    assert made.code_expires_at.astimezone(HEAD_OFFICE).date() == today() + timedelta(days=4)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_day_that_cannot_be_is_refused(world: World, days: int) -> None:
    made = coded(world)

    with pytest.raises(Invalid, match="hari terakhir"):
        new_code(world, made, NEW, today() + timedelta(days=days))


def test_a_new_code_replaces_the_expired_one_and_the_batch_is_paid_under_it(world: World) -> None:
    made = coded(world)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        new_code(world, made)

        assert made.code_expires_at is not None
        assert made.code_expires_at > clock.now()
        given = told(world, NEW)

    assert verdicts(given) == [Verdict.CONFIRMED]
    assert given[0].warning is None
    assert made.kode_iuran == NEW


def test_who_paid_the_old_code_after_all_is_told_not_to_pay_the_new_one(world: World) -> None:
    made = coded(world)
    new_code(world, made)

    given = told(world, CODE)

    assert verdicts(given) == [Verdict.CONFIRMED]
    assert given[0].warning is not None
    assert f"Jangan bayar kode {NEW}" in given[0].warning.sentence()
    assert (made.state, made.kode_iuran) == (RemittanceState.CONFIRMED, CODE)
    assert verdicts(told(world, CODE)) == [Verdict.ALREADY]


@pytest.mark.parametrize("on", ["", "{:%d/%m/%Y} 23:10"])
def test_a_payment_after_the_expiry_is_taken_and_told(world: World, on: str) -> None:
    coded(world)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        given = told(world, CODE, on=on.format(today()))

    assert verdicts(given) == [Verdict.CONFIRMED]
    assert given[0].warning is not None
    assert "sesudah kodenya kedaluwarsa" in given[0].warning.sentence()


def test_a_result_that_comes_late_of_a_payment_in_time_needs_no_warning(world: World) -> None:
    made = coded(world)
    day = today()
    with time_machine.travel(clock.now() + timedelta(days=1)):
        given = told(world, CODE, on=f"{day:%Y-%m-%d}")

    assert given[0].warning is None
    assert made.paid_on == day


def test_an_old_code_belongs_to_its_batch(world: World) -> None:
    made = coded(world)
    new_code(world, made)
    world.months = world.months[2:]
    world.report(world.ask(1), PaymentState.SETTLED)
    other = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)

    with pytest.raises(Conflict, match=f"setoran nomor {made.id}"):
        new_code(world, other, CODE)


def kinds(world: World, at: datetime) -> set[str]:
    """The kinds of work about coded batches that finance sees at a time."""
    with time_machine.travel(at):
        rows = queries.waiting(world.session, world.finance, ListRequest(tab=Group.BPJS)).rows
        return {row.kind.key for row in rows} & {"remittance.coded", "remittance.expired"}


def test_an_expired_code_waits_in_the_queue_until_there_is_a_new_one(world: World) -> None:
    made = coded(world)
    tomorrow = clock.now() + timedelta(days=1)

    assert kinds(world, clock.now()) == {"remittance.coded"}
    assert kinds(world, tomorrow) == {"remittance.expired"}
    with time_machine.travel(tomorrow):
        new_code(world, made)
    assert kinds(world, tomorrow) == {"remittance.coded"}


def test_a_second_payment_is_asked_about_and_then_kept_apart(world: World) -> None:
    coded(world)
    own_funds(world, SUM)
    told(world, CODE)
    before = balance(world, "bank:collection")

    asked = told(world, CODE, ref="N-2")
    booked = told(world, CODE, ref="N-2", note="Dua orang membayar")
    again = told(world, CODE, ref="n 2")

    assert verdicts(asked) == [Verdict.OTHER_REF]
    assert "N-1" in asked[0].reason.sentence()
    assert verdicts(booked) == [Verdict.PAID_AGAIN]
    assert verdicts(again) == [Verdict.ALREADY]
    assert balance(world, "bank:collection") == before - SUM
    assert balance(world, "claim:bpjs") == SUM
    assert balance(world, "owed:bpjs") == 0
    found = world.session.scalars(select(RemittanceDifference)).one()
    assert (found.kind, found.bpjs_ref) == (DifferenceKind.AGAIN, "N-2")
    assert invariants.check(world.session) == []


def test_old_and_new_code_both_paid_is_a_second_payment_even_without_a_number(
    world: World,
) -> None:
    made = coded(world)
    own_funds(world, SUM)
    new_code(world, made)
    told(world, NEW, ref="")

    assert verdicts(told(world, CODE, ref="")) == [Verdict.OTHER_REF]
    assert verdicts(told(world, CODE, ref="", note="dua-duanya")) == [Verdict.PAID_AGAIN]
    assert verdicts(told(world, CODE, ref="", note="dua-duanya")) == [Verdict.ALREADY]


@pytest.mark.parametrize(
    ("way", "account"),
    [
        (SettlementWay.BANK, "bank:collection"),
        (SettlementWay.MISTAKE, "bank:collection"),
        (SettlementWay.OFFICE, "expense:bpjs_difference"),
    ],
)
def test_a_second_payment_is_settled_by_two_people(
    world: World, way: SettlementWay, account: str
) -> None:
    coded(world)
    own_funds(world, SUM)
    told(world, CODE)
    told(world, CODE, ref="N-2", note="Dua kali")
    before = balance(world, account)

    book(world, proposed(world, way))

    assert balance(world, "claim:bpjs") == 0
    assert balance(world, account) == before + SUM
    assert invariants.check(world.session) == []


def test_a_second_payment_needs_its_money_in_the_bank_and_a_number_of_its_own(
    world: World,
) -> None:
    coded(world)
    told(world, CODE)

    assert verdicts(told(world, CODE, ref="N-2", note="Dua kali")) == [Verdict.NO_MONEY]
    assert balance(world, "claim:bpjs") == 0


def test_a_supervisor_books_no_second_payment(world: World) -> None:
    coded(world)
    own_funds(world, SUM)
    told(world, CODE)
    boss = make_user(world.session, RoleName.SUPERVISOR, office_id=world.office_id)

    given = told(world, CODE, ref="N-2", note="Dua kali", actor=boss.id)

    assert verdicts(given) == [Verdict.NOT_NOW]
    assert balance(world, "claim:bpjs") == 0


def test_six_people_book_one_second_payment(committed: Flask) -> None:
    def paid_once(world: World) -> None:
        coded(world)
        own_funds(world, 6 * SUM)
        told(world, CODE)

    world = committed_world(committed, paid_once)
    rows = read_results(f"KODE IURAN;STATUS;JUMLAH;NO REF\n{CODE};PAID;{SUM};N-2\n")

    def work(session: Session) -> str:
        given = confirm(session, rows=rows, actor_id=world.finance.id, difference_note="dua kali")
        return given[0].verdict

    assert at_once(committed, work, 6) == {"paid_again": 1, "already": 5}
    with committed.app_context():
        assert journal.balance(db.session(), f"claim:bpjs:{world.office_id}") == SUM
        assert invariants.check(db.session()) == []


def test_two_people_cannot_give_two_batches_one_code_at_the_same_time(committed: Flask) -> None:
    def two_batches(world: World) -> None:
        for _ in range(2):
            world.report(world.ask(1), PaymentState.SETTLED)
            make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)
            world.months.pop(0)

    world = committed_world(committed, two_batches)
    with committed.app_context():
        ids = list(db.session.scalars(select(Remittance.id)))

    def work(session: Session) -> str:
        return set_code(
            session, remittance_id=ids.pop(), kode_iuran=NEW, actor_id=world.finance.id
        ).state

    assert at_once(committed, work, 2) == {"coded": 1, "Conflict": 1}
