"""The table of a worker's plain columns, and what reads lists by it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.db import db
from agentsys.workers.columns import NAMES, PLAIN, PlainColumn
from agentsys.workers.models import Worker
from tests.rosters.conftest import TITLES, Import, person, workbook

EVERY_TITLE = [(column, title) for column in PLAIN for title in column.titles.split()]


@pytest.mark.parametrize("column", PLAIN, ids=lambda column: column.name)
def test_each_column_is_one_of_the_table_and_as_long(column: PlainColumn) -> None:
    kept = Worker.__table__.c[column.name]

    assert kept.type.length == column.most
    assert kept.server_default.arg == ""  # lists and forms may leave it out


def test_no_title_means_two_columns() -> None:
    titles = [title for _, title in EVERY_TITLE]

    assert len(set(titles)) == len(titles)
    assert len(set(NAMES)) == len(NAMES)


def test_a_list_brings_every_column_in_and_an_empty_cell_erases_none(bring_in: Import) -> None:
    titles = [column.titles.split()[-1] for column in PLAIN]
    given = {column.name: f"isi {column.name}" for column in PLAIN}
    rows = [[*TITLES, *titles], [*person(), *given.values()]]

    bring_in(workbook({"DAFTAR": rows}))
    again = bring_in(workbook({"DAFTAR": [[*TITLES, *titles], [*person(), *("" for _ in PLAIN)]]}))
    assert again.unchanged == 1
    changed = bring_in(workbook({"DAFTAR": [rows[0], [*person(), *titles]]}))

    worker = db.session.scalars(select(Worker)).one()
    assert changed.changed == 1
    assert {name: getattr(worker, name) for name in NAMES} == dict(zip(NAMES, titles, strict=True))


def test_what_is_too_long_in_a_list_is_cut_with_a_note(bring_in: Import) -> None:
    titles = [column.titles.split()[0] for column in PLAIN]
    long = ["x" * (column.most + 1) for column in PLAIN]

    roster = bring_in(workbook({"DAFTAR": [[*TITLES, *titles], [*person(), *long]]}))

    worker = db.session.scalars(select(Worker)).one()
    assert [len(getattr(worker, column.name)) for column in PLAIN] == [c.most for c in PLAIN]
    assert (roster.accepted, roster.rejected) == (1, 0)
