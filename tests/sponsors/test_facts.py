"""Lists of facts about workers: what is read, what is kept, and when it counts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from agentsys.agreements.fact_models import FactList, WorkerFact
from agentsys.agreements.kinds import FactKind, FactListState
from agentsys.errors import Conflict, Invalid
from agentsys.sheets.refusals import FileRefused
from agentsys.sponsors import fact_reading, facts
from tests.sponsors.facts_world import deciles, loaded, nik_of, sheet_of
from tests.sponsors.world import Sponsored


def test_a_list_says_how_many_match_and_keeps_nothing_of_others(office: Sponsored) -> None:
    worker = office.worker()
    content = sheet_of(
        [1, nik_of(office, worker), 3, "YA", "Nelayan"],
        [2, "6474010101900055", 5, "", ""],
        [3, "647401", 5, "", ""],
        [4, 6474010101900056, 5, "", ""],
        [5, "6474010101900057", 11, "", ""],
    )

    made = loaded(office, content, apply=False)

    assert (made.rows, made.matched, made.unmatched, made.refused) == (5, 1, 1, 3)
    assert [each["row"] for each in made.problems] == [4, 5, 6]
    kept = office.session.execute(
        select(WorkerFact.worker_id, WorkerFact.kind, WorkerFact.value).order_by(WorkerFact.kind)
    ).all()
    assert [tuple(row) for row in kept] == [
        (worker.id, FactKind.DECILE, "3"),
        (worker.id, FactKind.OCCUPATION, "nelayan"),
        (worker.id, FactKind.POOR, "yes"),
    ]


def test_the_same_person_twice_is_one_row_and_a_contradiction_is_refused(office: Sponsored) -> None:
    nik = nik_of(office, office.worker())

    made = loaded(office, sheet_of([1, nik, 3], [2, nik, 3], [3, nik, 4]), apply=False)

    assert (made.rows, made.matched, made.refused) == (2, 1, 1)
    assert "di atas dengan data lain" in made.problems[0]["why"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"NAMA,UMUR\nSiti,30\n",
        b"NIK,NAMA\n6474010101900055,Siti\n",
        b"NIK,DESIL\n",
        b"<html><body>NIK</body></html>",
        b"\x00\xff\x00\xff" * 50,
    ],
)
def test_a_file_that_is_no_such_list_is_refused(office: Sponsored, content: bytes) -> None:
    with pytest.raises((Invalid, FileRefused)):
        loaded(office, content)

    assert office.session.scalar(select(func.count()).select_from(FactList)) == 0


def test_a_csv_is_read_too_and_a_decile_may_be_written_in_words(office: Sponsored) -> None:
    worker = office.worker()
    content = f"Data DTSEN;;\nNo;NIK;Desil\n1;{nik_of(office, worker)};Desil 4\n".encode()

    loaded(office, content)

    assert office.session.scalars(select(WorkerFact.value)).all() == ["4"]


def test_a_list_that_is_dropped_leaves_no_fact_and_cannot_be_applied(office: Sponsored) -> None:
    made = deciles(office, {office.worker(): 9}, apply=False)

    facts.drop(office.session, list_id=made.id, actor_id=office.finance.id)

    assert made.state is FactListState.DROPPED
    assert office.session.scalar(select(func.count()).select_from(WorkerFact)) == 0
    with pytest.raises(Conflict):
        facts.apply(office.session, list_id=made.id, actor_id=office.finance.id)


def test_a_worker_of_another_office_has_no_fact_here(office: Sponsored) -> None:
    other = Sponsored.build(office.session, office.vault)

    made = deciles(office, {other.worker(): 3})

    assert (made.matched, made.unmatched) == (0, 1)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=80), kind=st.sampled_from(list(FactKind)))
def test_what_is_stored_of_any_text_means_the_same_when_it_is_read_again(
    text: str, kind: FactKind
) -> None:
    try:
        stored = fact_reading.meaning(kind, text)
    except Invalid:
        return

    again = {"yes": "YA", "no": "TIDAK"}.get(stored, stored) if kind is FactKind.POOR else stored
    assert 0 < len(stored) <= 60
    assert fact_reading.meaning(kind, again) == stored
