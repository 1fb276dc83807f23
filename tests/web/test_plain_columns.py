"""The table of a worker's plain columns, as the agent's pages read it."""

from __future__ import annotations

import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from agentsys.web.agent.enrolling import EnrolForm
from agentsys.workers.columns import PLAIN, Asked
from agentsys.workers.models import Worker
from tests.factories import invented_nik, make_agent

ASKED = [column for column in PLAIN if column.asked]
GIVEN = {column.name: f"isi {column.name}" for column in ASKED}
FORM = GIVEN | {
    "nik": invented_nik(77, born=date(1990, 5, 17)),
    "name": "Ni Luh Ayu",
    "birth_date": "1990-05-17",
    "sex": "L",
    "sector": "other",
    "income_idr": "1.500.000",
    "programmes": "JKK+JKM",
    "consent": "y",
    "attestation": "y",
}


@pytest.fixture
def phone(session, visit):
    return visit(make_agent(session).user)


def test_the_form_asks_for_each_column_that_is_to_be_asked_for(app, phone):
    page = phone.get("/daftarkan").get_data(as_text=True)

    assert [column for column in PLAIN if f'name="{column.name}"' in page] == ASKED
    with app.test_request_context():
        form = EnrolForm(meta={"csrf": False})
        asked = [field.name for part in Asked for field in form.plain(part.name)]
        assert sorted(asked) == sorted(GIVEN)


def test_what_was_asked_for_is_kept_shown_on_the_page_and_exported(session, phone):
    assert phone.submit("/daftarkan", **FORM).status_code == 302

    worker = session.scalars(select(Worker)).one()
    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)
    shown = phone.submit("/hari-ini", list=1, tab="all", **{"as": "xlsx"})
    table = CalamineWorkbook.from_filelike(io.BytesIO(shown.data)).get_sheet_by_index(0)
    cells = [str(cell) for row in table.to_python() for cell in row]

    assert {name: getattr(worker, name) for name in GIVEN} == GIVEN
    for column in ASKED:
        assert not column.on_page or (column.label in page and GIVEN[column.name] in page)
        assert (column.label in cells) == column.in_list
        assert (GIVEN[column.name] in cells) == column.in_list


@pytest.mark.parametrize("column", ASKED, ids=lambda column: column.name)
def test_what_is_too_long_is_told_beside_its_field(session, phone, column):
    answer = phone.submit("/daftarkan", **FORM | {column.name: "x" * (column.most + 1)})

    assert answer.status_code == 422
    assert f"paling banyak {column.most} huruf" in answer.get_data(as_text=True)
