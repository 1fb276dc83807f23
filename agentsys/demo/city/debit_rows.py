"""Storing the city's debits: months, notices, tries, and the list of each day."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city.collecting import DEBIT
from agentsys.demo.city.copying import copy_rows, next_id
from agentsys.demo.city.debit_days import at
from agentsys.demo.city.debiting import Debiting
from agentsys.demo.city.debits import Debited, Told, Try
from agentsys.demo.city.times import LOCAL, Times
from agentsys.extension.contract import PaymentState
from agentsys.payments.debit_models import DebitState
from agentsys.payments.mandates import runs
from agentsys.payments.mandates.comparing import COMPARE_AFTER

BY = "debit"
_CODES = {"funds": "201", "needs_payer": "101", "ended": "112"}


def number(session: Session, debits: list[Debited]) -> None:
    """Give the debits their ids in the order of time, and their tries their keys."""
    debits.sort(key=lambda debit: (debit.period, debit.mandate.id))
    for one, debit in enumerate(debits, next_id(session, "debits")):
        debit.id = one
        for nth, attempt in enumerate(debit.tries, 1):
            attempt.payment.key = f"debit-{debit.id}-{nth}"


def write(session: Session, debiting: Debiting, *, times: Times) -> None:
    """Write them; payments and contributions must be stored before."""
    debits = debiting.made
    lists = _lists(session, debits)
    copy_rows(session, "debit_runs", _RUN, (_run_row(one, times) for one in lists.values()))
    copy_rows(session, "debits", _DEBIT, (_row(debit, lists) for debit in debits))
    copy_rows(
        session,
        "listed_debits",
        ("run_id", "debit_id", "why"),
        (
            (one.id, debit.id, debit.listed[one.day])
            for one in lists.values()
            for debit in one.debits
        ),
    )
    copy_rows(
        session,
        "debit_months",
        ("debit_id", "worker_id", "month", "amount_idr"),
        (
            (debit.id, due.person.id, due.month, due.price.amount_idr)
            for debit in debits
            for due in debit.dues
        ),
    )
    _write_notices(session, debits, debiting.told)
    _write_tries(session, debits, lists, times)
    if lists:
        runs.count(session, [one.id for one in lists.values()])


@dataclass
class _List:
    """An office's debits of one day."""

    id: int
    office_id: int
    day: date
    debits: list[Debited] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


Lists = dict[tuple[int, date], _List]


def _lists(session: Session, debits: list[Debited]) -> Lists:
    listed: defaultdict[tuple[date, int], list[Debited]] = defaultdict(list)
    for debit in debits:
        for day in debit.listed:
            listed[day, debit.mandate.person.office_id].append(debit)
    found = {}
    for run_id, (day, office_id) in enumerate(sorted(listed), next_id(session, "debit_runs")):
        theirs = listed[day, office_id]
        skipped = Counter(debit.listed[day] for debit in theirs if debit.listed[day])
        found[office_id, day] = _List(run_id, office_id, day, theirs, skipped)
    return found


_RUN = (
    "id", "office_id", "day", "planned", "planned_idr", "begun_at", "closed_at", "charged",
    "charged_idr", "recovered", "recovered_idr", "refused", "skipped", "unknown", "compared",
    "differing", "by_class", "by_why",
)  # fmt: skip


def _run_row(one: _List, times: Times) -> tuple[object, ...]:
    """A list as it was in the morning; what became of it is counted when all is stored."""
    planned = len(one.debits)
    is_over = one.day < times.now.astimezone(LOCAL).date()
    return (
        one.id,
        one.office_id,
        one.day,
        planned,
        sum(debit.amount_idr for debit in one.debits),
        at(one.day, 61),
        at(one.day + timedelta(days=1), 61) if is_over else None,
        0, 0, 0, 0, 0, planned, 0, _compared(one, times), 0, "{}",
        json.dumps(one.skipped),
    )  # fmt: skip


def _compared(one: _List, times: Times) -> int:
    """How many tries of that day were asked about once more, and were as they are here."""
    made = (attempt.payment.created_at for debit in one.debits for attempt in debit.tries)
    until = times.now - COMPARE_AFTER
    return sum(one.day == then.astimezone(LOCAL).date() and then <= until for then in made)


_DEBIT = (
    "id", "mandate_id", "worker_id", "office_id", "period", "first_on", "due_on", "last_on",
    "amount_idr", "state", "why", "decline", "tries", "look_at", "payment_id", "run_id", "ended_at",
    "visited_at", "visited_by", "visit_note",
)  # fmt: skip


def _row(debit: Debited, lists: Lists) -> tuple[object, ...]:
    person = debit.mandate.person
    newest = max(debit.listed, default=None)
    visitor = person.agent_at(debit.visited_at) if debit.visited_at else None
    return (
        debit.id,
        debit.mandate.id,
        person.id,
        person.office_id,
        debit.period,
        debit.first_on,
        debit.due_on,
        debit.last_on,
        debit.amount_idr,
        debit.state.value,
        debit.why,
        debit.decline.value if debit.decline else None,
        len(debit.tries),
        debit.look_at,
        debit.tries[-1].payment.id if debit.tries else None,
        lists[person.office_id, newest].id if newest else None,
        debit.ended_at,
        debit.visited_at if visitor else None,
        visitor.user_id if visitor else None,
        debit.visit_note,
    )


def _write_notices(session: Session, debits: list[Debited], ends: Iterable[Told]) -> None:
    found: list[tuple[Told, int | None]] = [
        (told, debit.id) for debit in debits for told in debit.notices
    ]
    found += [(told, None) for told in ends]
    found.sort(key=lambda pair: (pair[0].prepared_at, pair[0].mandate.id))
    for one, (told, _debit) in enumerate(found, next_id(session, "notices")):
        told.id = one
    copy_rows(session, "notices", _NOTICE, (_notice_row(*pair) for pair in found))


_NOTICE = (
    "id", "kind", "mandate_id", "debit_id", "worker_id", "amount_idr", "debit_on", "state",
    "prepared_at", "handed_over_at", "handed_over_by", "counted_at",
)  # fmt: skip


def _notice_row(told: Told, debit_id: int | None) -> tuple[object, ...]:
    person = told.mandate.person
    agent = person.agent_at(told.handed_over_at) if told.handed_over_at else None
    return (
        told.id,
        told.kind.value,
        told.mandate.id,
        debit_id,
        person.id,
        told.amount_idr,
        told.debit_on,
        told.state.value,
        told.prepared_at,
        told.handed_over_at,
        agent.user_id if agent else None,
        told.counted_at,
    )


_REQUEST = (
    "payment_id", "channel", "action", "version", "by", "return_url", "asked_at", "tries",
    "next_try_at", "note",
)  # fmt: skip


def _write_tries(session: Session, debits: list[Debited], lists: Lists, times: Times) -> None:
    """The tries, the states of their payments, and a question about each without an end."""
    tried = [(debit, number, one) for debit in debits for number, one in enumerate(debit.tries, 1)]
    copy_rows(
        session,
        "debit_tries",
        ("debit_id", "try_no", "payment_id", "notice_id", "run_id", "at", "decline", "differed"),
        (
            (
                debit.id,
                number,
                one.payment.id,
                one.notice.id,
                lists[
                    debit.mandate.person.office_id, one.payment.created_at.astimezone(LOCAL).date()
                ].id,
                one.payment.created_at,
                one.decline.value if one.decline else None,
                False,
            )
            for debit, number, one in tried
        ),
    )
    copy_rows(
        session,
        "payment_moves",
        ("payment_id", "to_state", "from_state", "at", "by", "report"),
        (move for _, _, one in tried for move in _moves(one)),
    )
    copy_rows(
        session,
        "provider_requests",
        _REQUEST,
        (
            (
                one.payment.id,
                DEBIT,
                "check",
                1,
                BY,
                "",
                one.payment.created_at,
                9,
                times.now,
                "timeout",
            )
            for debit, _, one in tried
            if debit.state is DebitState.CALLING
        ),
    )


def _moves(one: Try) -> Iterator[tuple[object, ...]]:
    paid = one.payment
    yield paid.id, PaymentState.CREATED.value, None, paid.created_at, BY, "{}"
    if paid.state is PaymentState.CREATED:
        return
    report: dict[str, object] = {
        "reference": paid.reference,
        "state": paid.state.value,
        "amount_idr": paid.amount_idr,
    }
    if one.decline is not None:
        raw = {"channel_response_code": _CODES[one.decline.value]}
        report |= {"decline": one.decline.value, "reason": paid.reason, "raw": raw}
    ended_at = paid.settled_at or paid.created_at + timedelta(seconds=2)
    yield (
        paid.id,
        paid.state.value,
        PaymentState.CREATED.value,
        ended_at,
        BY,
        json.dumps(report),
    )
