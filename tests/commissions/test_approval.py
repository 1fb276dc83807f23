"""Approving a commission statement, and who may not."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions import approval
from agentsys.commissions.approval import STATEMENT_TRANSITIONS, Action, decide, decide_many
from agentsys.commissions.lines import Item, Offers, lines_hash
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.commissions.run import run_month
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import AgentMonth, Beneficiary, Message
from agentsys.ledger import accounts, journal
from agentsys.ledger.models import Entry
from agentsys.money import format_idr
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.bpjs_answers import record_answer
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import (
    DECEMBER,
    FIRST_MONTH_IDR,
    NEW_WORKER_IDR,
    NOVEMBER,
    PERISAI,
    at,
    confirm,
    office_of,
    portfolio,
    run,
    statement_of,
)
from tests.factories import make_agent, make_user, make_worker

THREADS = 8
AGENT_IDR = 3 * FIRST_MONTH_IDR  # what `statement` grants the agent


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent whose November earned AGENT_IDR, and the office its part on top."""
    found = make_agent(session)
    portfolio(session, vault, found, 3)
    run(session)
    return found


@pytest.fixture
def statement(session: Session, agent: Agent) -> Statement:
    """The agent's statement, which waits."""
    found = statement_of(session, agent)
    assert found is not None
    return found


@pytest.fixture
def supervisor(agent: Agent) -> User:
    """The agent's supervisor."""
    assert agent.supervisor is not None
    return agent.supervisor


def approve(session: Session, statement: Statement, actor: User, **values: object) -> Statement:
    """Approve what is in the database now."""
    given = {
        "statement_id": statement.id,
        "action": Action.APPROVE,
        "actor": actor,
        "seen_hash": statement.lines_hash,
    } | values
    return decide(session, **given)  # type: ignore[arg-type]


def entries(session: Session) -> int:
    """The number of journal entries."""
    return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_an_approved_statement_is_owed_and_recorded(
    session: Session, agent: Agent, statement: Statement, supervisor: User
) -> None:
    approve(session, statement, supervisor)

    assert statement.state is StatementState.APPROVED
    assert (statement.decided_by, statement.decided_at is not None) == (supervisor.id, True)
    assert journal.balance(session, accounts.commission(agent.office_id)) == AGENT_IDR + office_of(
        AGENT_IDR
    )
    assert journal.balance(session, f"owed:commission:agent:{agent.id}") == -AGENT_IDR
    assert journal.balance(session, f"owed:commission:office:{agent.office_id}") == -office_of(
        AGENT_IDR
    )
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.actor_id) == ("commission.approved", supervisor.id)
    assert event.details["lines"] == statement.lines_hash.hex()


def test_a_returned_statement_needs_a_reason_and_moves_no_money(
    session: Session, statement: Statement, supervisor: User
) -> None:
    with pytest.raises(Invalid, match="alasan"):
        approve(session, statement, supervisor, action=Action.RETURN, reason="  ")

    approve(session, statement, supervisor, action=Action.RETURN, reason="Periksa NIK.")

    assert (statement.state, statement.reason) == (StatementState.RETURNED, "Periksa NIK.")
    assert entries(session) == 0


@pytest.mark.parametrize(
    ("state", "action"),
    [pair for pair in product(StatementState, Action) if pair not in STATEMENT_TRANSITIONS],
)
def test_every_move_that_the_table_does_not_have_is_refused(
    session: Session,
    statement: Statement,
    supervisor: User,
    state: StatementState,
    action: Action,
) -> None:
    first = Action.APPROVE if state is StatementState.APPROVED else Action.RETURN
    approve(session, statement, supervisor, action=first, reason="uji")
    before = entries(session)

    with pytest.raises(approval.AlreadyDecided, match="sudah"):
        approve(session, statement, supervisor, action=action, reason="uji lagi")

    assert statement.state is state
    assert entries(session) == before


def test_nobody_approves_the_own_commission(
    session: Session, agent: Agent, statement: Statement
) -> None:
    assert agent.user is not None

    with pytest.raises(approval.OwnCommission):
        approve(session, statement, agent.user)


def test_who_computed_it_does_not_approve_it(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session, actor_id=agent.supervisor_id)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None

    with pytest.raises(approval.OwnComputation):
        approve(session, statement, agent.supervisor)


def test_the_database_itself_refuses_one_pair_of_eyes(
    session: Session, statement: Statement, supervisor: User
) -> None:
    with pytest.raises(IntegrityError, match="four_eyes"), session.begin_nested():
        session.execute(
            update(Statement).values(
                state=StatementState.APPROVED, computed_by=supervisor.id, decided_by=supervisor.id
            )
        )


@pytest.mark.parametrize("role", list(RoleName))
def test_a_statement_of_another_team_is_not_found(
    session: Session, statement: Statement, role: RoleName
) -> None:
    stranger = make_user(session, role)

    with pytest.raises(NotFound):
        approve(session, statement, stranger)
    with pytest.raises(NotFound):
        approve(session, statement, stranger, statement_id=987_654)

    assert statement.state is StatementState.SUBMITTED


@pytest.mark.parametrize("role", [role for role in RoleName if role is not RoleName.SUPERVISOR])
def test_only_the_role_of_supervisor_may_decide(
    session: Session, agent: Agent, statement: Statement, role: RoleName
) -> None:
    # A supervisor who lost the role keeps the team until an admin changes it.
    agent.supervisor = make_user(session, role)
    session.flush()

    with pytest.raises(Forbidden):
        approve(session, statement, agent.supervisor)


def test_a_statement_that_changed_since_it_was_shown_is_not_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    seen = statement.lines_hash
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)

    now_idr = 4 * FIRST_MONTH_IDR
    said = f"{format_idr(now_idr + office_of(now_idr))} dari 4 iuran"
    with pytest.raises(approval.ChangedSinceSeen, match=re.escape(said)) as refused:
        approve(session, statement, supervisor, seen_hash=seen)
    assert f"Rekap komisi {agent.name} bulan November 2026" in str(refused.value)
    assert agent.name not in str(refused.value.facts)  # they are logged

    assert isinstance(approval.ChangedSinceSeen(), Conflict)
    assert statement.state is StatementState.SUBMITTED
    assert entries(session) == 0


def test_what_bpjs_confirmed_since_is_computed_before_anything_is_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    confirm(session, make_worker(session, vault, agent=agent), NOVEMBER, at(22, hour=2))

    with pytest.raises(approval.ConfirmedSince, match="Minta keuangan menghitung ulang") as refused:
        approve(session, statement, supervisor)
    assert f"iuran dari {agent.name} sejak rekap bulan November 2026" in str(refused.value)
    assert entries(session) == 0

    run(session)
    approve(session, statement, supervisor)
    assert statement.contributions == 4


def test_what_an_early_approval_left_out_is_computed_before_the_next_month_is_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    late, early = (make_worker(session, vault, agent=agent) for _ in range(2))
    approve(session, statement, supervisor)
    with time_machine.travel(at(5, month=12)):
        confirm(session, early, DECEMBER, at(4, month=12))
        run(session, month=DECEMBER)
        december = statement_of(session, agent, DECEMBER)
        assert december is not None
        confirm(session, late, NOVEMBER, at(28))

        with pytest.raises(approval.ConfirmedSince):
            approve(session, december, supervisor)
        run(session, month=DECEMBER)
        approve(session, december, supervisor)

    assert december.contributions == 2


def test_a_statement_may_be_returned_whatever_was_confirmed_since(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    confirm(session, make_worker(session, vault, agent=agent))

    approve(session, statement, supervisor, action=Action.RETURN, reason="Hitung ulang.")

    assert statement.state is StatementState.RETURNED


def test_bpjs_answer_is_taken_up_by_computing_again_and_not_overlooked(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 24)
    [asked] = portfolio(session, vault, agent, 1, new_to_bpu=NewToBpu.UNKNOWN)
    run(session)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None
    before = statement.agent_idr

    record_answer(session, worker_id=asked.id, new=True, actor=agent.supervisor)
    with pytest.raises(approval.AnsweredSince, match="menghitung ulang"):
        approve(session, statement, agent.supervisor)
    run(session)
    approve(session, statement, agent.supervisor)

    assert before == 25 * FIRST_MONTH_IDR
    assert statement.agent_idr == 25 * (NEW_WORKER_IDR + FIRST_MONTH_IDR)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: update(lines).values(amount_idr=lines.amount_idr + 1),
        lambda lines: update(lines).values(version="lain"),
        lambda lines: delete(lines).where(lines.beneficiary == Beneficiary.OFFICE),
    ],
    ids=["amount", "version", "removed"],
)
def test_lines_that_were_changed_behind_the_statement_are_not_approved(
    session: Session, statement: Statement, supervisor: User, change: Callable[[type], object]
) -> None:
    session.execute(change(StatementLine))  # type: ignore[call-overload]

    with pytest.raises(approval.ChangedSinceSeen):
        approve(session, statement, supervisor)


def test_a_bulk_decision_reports_each_and_stops_at_none(session: Session, vault: Vault) -> None:
    supervisor = make_user(session, RoleName.SUPERVISOR)
    mine = [make_agent(session, supervisor_id=supervisor.id) for _ in range(3)]
    for one in (*mine, foreign := make_agent(session)):
        portfolio(session, vault, one, 1)
    run(session)
    seen = {one.id: statement_of(session, one) for one in (*mine, foreign)}
    ids = {number: found.id for number, found in seen.items() if found}
    hashes = {number: found.lines_hash for number, found in seen.items() if found}
    hashes[mine[1].id] = bytes(32)

    decisions = decide_many(
        session,
        seen=[(ids[number], hashes[number]) for number in reversed(ids)],
        action=Action.APPROVE,
        actor=supervisor,
    )

    refused = {decision.statement_id: decision.refused for decision in decisions}
    assert [bool(refused[ids[one.id]]) for one in (*mine, foreign)] == [False, True, False, True]
    changed = refused[ids[mine[1].id]]
    assert changed is not None
    assert "dihitung ulang" in changed.sentence()
    assert entries(session) == 2


def test_a_sum_of_zero_is_approved_without_an_entry(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None
    lines = approval.stored_hash(session, statement)
    session.execute(update(Statement).values(agent_idr=0, office_idr=0))

    approve(session, statement, agent.supervisor, seen_hash=lines)

    assert entries(session) == 0


def race(app: Flask, statement_id: int, actor_id: int, seen: bytes) -> list[str]:
    """The results of eight simultaneous approvals."""
    start = threading.Barrier(THREADS)
    outcomes: list[str] = []

    def one() -> None:
        with app.app_context():
            try:
                start.wait(20)
                with transaction() as session:
                    actor = session.get_one(User, actor_id)
                    decide(
                        session,
                        statement_id=statement_id,
                        action=Action.APPROVE,
                        actor=actor,
                        seen_hash=seen,
                    )
                outcomes.append("approved")
            except Refused as refused:
                outcomes.append(type(refused).__name__)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def forget_contributions(app: Flask) -> None:
    """Delete the contributions: without real payments the audit would fail."""
    with app.app_context(), transaction() as session:
        session.execute(delete(Contribution))


@pytest.fixture
def waiting(committed: Flask, vault: Vault) -> Iterator[tuple[int, int, bytes]]:
    """A committed, waiting statement: its id, supervisor and hash."""
    with committed.app_context():
        with transaction() as session:
            agent = make_agent(session)
            portfolio(session, vault, agent, 2)
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        with transaction() as session:
            statement = statement_of(session, agent)
            assert statement is not None
            assert agent.supervisor_id is not None
            found = statement.id, agent.supervisor_id, statement.lines_hash
    yield found
    forget_contributions(committed)


def test_an_answer_that_is_recorded_while_the_month_is_computed_is_not_overlooked(
    committed: Flask, vault: Vault
) -> None:
    with committed.app_context(), transaction() as session:
        agent = make_agent(session)
        [asked] = portfolio(session, vault, agent, 1, new_to_bpu=NewToBpu.UNKNOWN)
        supervisor = agent.supervisor
        assert supervisor is not None
        worker_id, actor_id, agent_id = asked.id, supervisor.id, agent.id
    recorded, read = threading.Event(), threading.Event()

    def rules(month: AgentMonth) -> Offers:
        if month.agent_id == agent_id:
            read.set()
        return PERISAI(month)

    def answering() -> None:
        with committed.app_context(), transaction() as session:
            actor = session.get_one(User, actor_id)
            record_answer(session, worker_id=worker_id, new=True, actor=actor)
            recorded.set()
            read.wait(20)

    thread = threading.Thread(target=answering)
    thread.start()
    assert recorded.wait(20)
    with committed.app_context():
        run_month(transaction, hook=rules, month=NOVEMBER, actor_id=None)
    thread.join()

    def approving() -> None:
        with transaction() as session:
            agent = session.get_one(Agent, agent_id)
            statement = statement_of(session, agent)
            assert statement is not None
            assert agent.supervisor is not None
            approve(session, statement, agent.supervisor)

    with committed.app_context():
        with pytest.raises(approval.AnsweredSince):
            approving()
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        approving()
    forget_contributions(committed)


def test_eight_supervisors_at_once_approve_once(
    committed: Flask, waiting: tuple[int, int, bytes]
) -> None:
    outcomes = race(committed, *waiting)

    assert sorted(outcomes) == ["AlreadyDecided"] * (THREADS - 1) + ["approved"]
    with committed.app_context(), transaction() as session:
        assert entries(session) == 1
        assert sum(journal.balances(session, accounts.COMMISSION).values()) == (
            2 * FIRST_MONTH_IDR + office_of(2 * FIRST_MONTH_IDR)
        )
        approvals = select(func.count()).where(AuditEvent.action == "commission.approved")
        assert session.scalar(approvals) == 1


def test_without_the_lock_the_race_would_be_seen(
    committed: Flask, waiting: tuple[int, int, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(THREADS)

    def unlocked(session: Session, statement_ids: list[int]) -> list[Statement]:
        found = [session.get_one(Statement, number) for number in statement_ids]
        together.wait(20)
        return found

    monkeypatch.setattr(approval, "_locked", unlocked)

    assert race(committed, *waiting).count("approved") > 1


def both_tabs(app: Flask, seen: list[tuple[int, bytes]], actor_id: int, tab: Any) -> list[str]:
    """The results of one request with both statements, and of another with the second one."""
    held, outcomes = threading.Event(), []

    def run_tab(name: str, work: Callable[[Session, User], object]) -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    work(session, session.get_one(User, actor_id))
                outcomes.append(name)
            except OperationalError as error:
                outcomes.append(f"{name}: {type(error.orig).__name__}")

    def other(session: Session, actor: User) -> None:
        session.execute(select(Statement.id).where(Statement.id == seen[1][0]).with_for_update())
        held.set()
        blocked = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while not session.scalar(blocked):
            time.sleep(0.01)
        decide(
            session,
            statement_id=seen[1][0],
            action=Action.RETURN,
            actor=actor,
            seen_hash=seen[1][1],
            reason="Periksa lagi.",
        )

    def first(session: Session, actor: User) -> None:
        held.wait(20)
        tab(session, seen, actor)

    threads = [
        threading.Thread(target=run_tab, args=given) for given in (("both", first), ("one", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.fixture
def two_waiting(committed: Flask, vault: Vault) -> Iterator[tuple[int, list[tuple[int, bytes]]]]:
    """Two committed statements of one supervisor's team, with their hashes."""
    with committed.app_context():
        with transaction() as session:
            supervisor_id = make_user(session, RoleName.SUPERVISOR).id
            for _ in range(2):
                portfolio(session, vault, make_agent(session, supervisor_id=supervisor_id), 1)
        run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None)
        with transaction() as session:
            found = session.scalars(select(Statement).order_by(Statement.id))
            seen = [(statement.id, statement.lines_hash) for statement in found]
    yield supervisor_id, seen
    forget_contributions(committed)


def test_two_tabs_with_the_same_statements_wait_for_each_other(
    committed: Flask, two_waiting: tuple[int, list[tuple[int, bytes]]]
) -> None:
    supervisor_id, seen = two_waiting
    told: list[bool] = []

    def bulk(session: Session, seen: list[tuple[int, bytes]], actor: User) -> None:
        done = decide_many(session, seen=seen, action=Action.APPROVE, actor=actor)
        told.extend(bool(decision.refused) for decision in done)

    assert both_tabs(committed, seen, supervisor_id, bulk) == ["both", "one"]
    assert told == [False, True]


def test_deciding_one_after_the_other_would_block_the_two_tabs(
    committed: Flask, two_waiting: tuple[int, list[tuple[int, bytes]]]
) -> None:
    supervisor_id, seen = two_waiting
    both_have_one = threading.Barrier(2)
    outcomes: list[str] = []

    def one_by_one(order: list[tuple[int, bytes]]) -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    actor = session.get_one(User, supervisor_id)
                    for number, shown in order:
                        decide(
                            session,
                            statement_id=number,
                            action=Action.APPROVE,
                            actor=actor,
                            seen_hash=shown,
                        )
                        if number == order[0][0]:
                            both_have_one.wait(20)
                outcomes.append("decided")
            except OperationalError as error:
                outcomes.append(type(error.orig).__name__)

    tabs = [threading.Thread(target=one_by_one, args=(order,)) for order in (seen, seen[::-1])]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()

    assert sorted(outcomes) == ["DeadlockDetected", "decided"]


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
items = st.builds(
    Item,
    rule=names,
    version=names,
    beneficiary=st.sampled_from(Beneficiary),
    subject=names,
    amount_idr=st.integers(-(10**9), 10**9),
    reason=st.builds(
        Message, text=names, values=st.dictionaries(names, st.integers() | names, max_size=3)
    ),
    worker_id=st.none(),
    month=st.none(),
)


@given(st.lists(items, max_size=6, unique_by=lambda item: item.key), st.randoms())
def test_the_fingerprint_forgets_the_order_and_nothing_else(
    granted: list[Item], dice: object
) -> None:
    shuffled = list(granted)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = lines_hash(1, 2, NOVEMBER, granted)

    assert lines_hash(1, 2, NOVEMBER, shuffled) == whole
    assert lines_hash(9, 2, NOVEMBER, granted) != whole
    assert lines_hash(1, 9, NOVEMBER, granted) != whole
    for number in range(len(granted)):
        assert lines_hash(1, 2, NOVEMBER, granted[:number] + granted[number + 1 :]) != whole
