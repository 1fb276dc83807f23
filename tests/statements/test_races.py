"""Two people at once, and what the database itself refuses."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.payments.deposit_models import Deposit
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from agentsys.statements import accounts, deciding, importing, matching, uploading
from agentsys.statements.models import (
    BankLine,
    BankMatch,
    Direction,
    FileState,
    IssueKind,
    ThingKind,
)
from tests.factories import make_office, make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World
from tests.statements.banking import Banking, Row, bisnis


def day() -> str:
    return f"{importing.today():%d/%m/%Y}"


def with_deposit(world: World) -> Deposit:
    world.collect(world.months[:1])
    return world.declare(PRICE, key=secrets.token_hex(16), evidence="Bu Sari")


def sent(app: Flask, world: World, content: bytes) -> int:
    """A stored statement that waits for its import; its id."""
    vault: Vault = app.extensions[KEY].vault
    with app.app_context(), transaction() as session:
        account = accounts.add_account(
            session, office_id=world.office_id, name="BCA", actor_id=world.finance.id
        )
        return uploading.upload(
            session, vault=vault, account_id=account.id, filename="m.csv", content=content,
            actor_id=world.finance.id,
        ).id  # fmt: skip


def test_one_statement_imported_by_several_jobs_at_once_stores_its_lines_once(
    committed: Flask,
) -> None:
    world = committed_world(committed)
    file_id = sent(committed, world, bisnis([Row(day(), "A", 1), Row(day(), "A", 1)]))
    vault: Vault = committed.extensions[KEY].vault

    outcomes = at_once(
        committed, lambda session: importing.import_in(session, vault, file_id), times=4
    )

    with committed.app_context(), transaction() as session:
        numbers = session.scalars(select(BankLine.nth).order_by(BankLine.nth)).all()
    assert outcomes == {"None": 4}
    assert numbers == [1, 2]


def test_two_people_who_match_one_line_at_once_match_it_once(committed: Flask) -> None:
    made: list[int] = []
    world = committed_world(committed, lambda built: made.append(with_deposit(built).id))
    file_id = sent(committed, world, bisnis([Row(day(), "TRANSFER", PRICE)]))
    with committed.app_context():
        importing.import_file(vault=committed.extensions[KEY].vault, file_id=file_id)
    with committed.app_context(), transaction() as session:
        [line_id] = session.scalars(select(BankLine.id))

    outcomes = at_once(
        committed,
        lambda session: (
            deciding.match(
                session,
                line_id=line_id,
                kind=ThingKind.DEPOSIT,
                thing_id=made[0],
                actor_id=world.finance.id,
            ).rule
        ),
        times=4,
    )

    assert outcomes == {"person": 1, "Conflict": 3}


@pytest.fixture
def bank(session: Session, vault: Vault) -> Banking:
    """An account with two equal lines, and a deposit that they may be."""
    found = Banking.of(World.build(session, vault))
    with_deposit(found.world)
    found.send(bisnis([Row(day(), "TRANSFER", PRICE), Row(day(), "KELUAR", -PRICE)]))
    return found


def matched(bank: Banking, line: BankLine, **values: Any) -> BankMatch:
    [deposit] = bank.session.scalars(select(Deposit))
    return BankMatch(
        **{"line_id": line.id, "kind": ThingKind.DEPOSIT, "thing_id": deposit.id,
           "direction": Direction.IN, "rule": "person"} | values
    )  # fmt: skip


@pytest.mark.parametrize("values", [{"thing_id": 99}, {"line_id": 99}])
def test_the_database_matches_a_line_once_and_a_record_once_in_a_direction(
    bank: Banking, values: dict[str, int]
) -> None:
    [line, _other] = bank.lines()
    bank.session.add(matched(bank, line))
    bank.session.flush()
    second = matched(bank, line, **values)

    with pytest.raises(IntegrityError), bank.session.begin_nested():
        bank.session.add(second)


def test_a_difference_of_a_matched_line_stays_open(bank: Banking) -> None:
    bank.send(bisnis([Row(day(), "TRANSFER", PRICE), Row(day(), "KELUAR", -PRICE),
                      Row(day(), "KURANG", PRICE - 800)]))  # fmt: skip
    [deposit] = bank.session.scalars(select(Deposit))
    short = bank.lines()[-1]

    deciding.match(
        bank.session, line_id=short.id, kind=ThingKind.DEPOSIT, thing_id=deposit.id,
        actor_id=bank.world.finance.id,
    )  # fmt: skip

    [issue] = [issue for issue in bank.issues() if issue.line_id == short.id]
    assert (issue.kind, issue.difference_idr) == (IssueKind.SHORT, -800)


def test_money_that_left_is_no_deposit(bank: Banking) -> None:
    [_in, out] = bank.lines()
    [deposit] = bank.session.scalars(select(Deposit))

    with pytest.raises(Invalid, match="Arah uangnya berbeda"):
        deciding.match(
            bank.session, line_id=out.id, kind=ThingKind.DEPOSIT, thing_id=deposit.id,
            actor_id=bank.world.finance.id,
        )  # fmt: skip


def test_who_may_not_match_matches_nothing(bank: Banking) -> None:
    session, [line, _out] = bank.session, bank.lines()
    [deposit] = session.scalars(select(Deposit))
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    auditor = make_user(session, RoleName.AUDITOR, office_id=bank.world.office_id)

    for user, refusal in ((elsewhere, NotFound), (auditor, Forbidden)):
        with pytest.raises(refusal):
            deciding.match(
                session, line_id=line.id, kind=ThingKind.DEPOSIT, thing_id=deposit.id,
                actor_id=user.id,
            )  # fmt: skip


def test_an_undone_match_needs_a_reason_and_is_undone_once(bank: Banking) -> None:
    [line, _out] = bank.lines()
    [deposit] = bank.session.scalars(select(Deposit))
    actor = bank.world.finance.id
    made = deciding.match(
        bank.session, line_id=line.id, kind=ThingKind.DEPOSIT, thing_id=deposit.id, actor_id=actor
    )

    with pytest.raises(Invalid):
        deciding.unmatch(bank.session, match_id=made.id, reason=" \u200b", actor_id=actor)
    deciding.unmatch(bank.session, match_id=made.id, reason="Salah", actor_id=actor)
    with pytest.raises(Conflict):
        deciding.unmatch(bank.session, match_id=made.id, reason="Salah", actor_id=actor)

    assert line.id in {issue.line_id for issue in bank.issues()}


def test_what_is_declared_later_is_matched_when_somebody_asks_again(bank: Banking) -> None:
    world, session = bank.world, bank.session
    bank.send(bisnis([Row(day(), "TRANSFER", PRICE), Row(day(), "KELUAR", -PRICE),
                      Row(day(), "SETOR SLIP 0044", PRICE)]))  # fmt: skip
    before = len(bank.matches())
    world.collect(world.months[1:2])
    later = world.declare(PRICE, key=secrets.token_hex(16), evidence="slip-0044")
    session.flush()

    found = matching.match_again(session, account=bank.account)

    assert (before, found) == (0, 1)
    assert [match.thing_id for match in bank.matches()] == [later.id]
    assert all(file.state is FileState.DONE for file in bank.files)
