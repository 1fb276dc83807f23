"""What the name of a job suggests about its sector."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from agentsys.workers.kinds import Sector
from agentsys.workers.sector import Reason, _table, sector_of, suggest

JOBS = list(csv.DictReader((Path(__file__).parent / "sector_jobs.csv").read_text().splitlines()))


@pytest.mark.parametrize("row", JOBS, ids=[row["job"] for row in JOBS])
def test_a_job_suggests_its_sector(row: dict[str, str]) -> None:
    found = suggest(row["job"])

    assert (found.sector.value if found else "") == row["suggests"], row["why"]


def test_a_job_that_suggests_nothing_is_no_transport() -> None:
    assert suggest("Pemulung") is None
    assert sector_of("Pemulung") is Sector.OTHER
    assert suggest("") is None


def test_a_word_inside_another_word_suggests_nothing() -> None:
    assert suggest("Rojek") is None
    assert suggest("Kurirwati") is None


def test_a_suggestion_says_whether_a_source_names_the_work() -> None:
    named, not_named = suggest("Ojek pangkalan"), suggest("Kernet bus")

    assert named is not None
    assert named.sure
    assert not_named is not None
    assert not not_named.sure


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_used_and_said(reason: Reason) -> None:
    assert reason.sentence.endswith(".")
    assert any(found.reason is reason for found in _table()[0].values())
