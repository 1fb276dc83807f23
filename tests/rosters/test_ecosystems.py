"""The ecosystem and group of a list's rows, by column or for the whole list."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.rosters.places import ecosystem_in
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import Ecosystem, GroupKind
from agentsys.workers.models import Worker
from tests.factories import make_office
from tests.office_factories import make_group
from tests.rosters.conftest import TITLES, Import, person, workbook
from tests.rosters.imported import notes_of, only_worker


def _people(*rows: tuple[str, ...], titles: tuple[str, ...]) -> bytes:
    listed = [[*person(number), *cells] for number, cells in enumerate(rows, 1)]
    return workbook({"DAFTAR": [[*TITLES, *titles], *listed]})


def _places() -> list[tuple[str | None, str | None, str | None]]:
    rows = db.session.execute(
        select(Worker.ecosystem, WorkerGroup.kind, WorkerGroup.name)
        .outerjoin(WorkerGroup, WorkerGroup.id == Worker.group_id)
        .order_by(Worker.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Desa", Ecosystem.DESA),
        ("PASAR TRADISIONAL", Ecosystem.PASAR),
        ("E-Commerce / UMKM", Ecosystem.ECOMMERCE),
        ("umkm", Ecosystem.ECOMMERCE),
        ("Pekerja Rentan", Ecosystem.RENTAN),
        ("pekerja-rentan", Ecosystem.RENTAN),
        ("BPU", None),
        ("12", None),
    ],
)
def test_the_usual_words_for_an_ecosystem_are_read(text: str, meant: Ecosystem | None) -> None:
    assert ecosystem_in(text) == meant


def test_rows_name_their_ecosystem_and_group_and_new_groups_are_added(bring_in: Import) -> None:
    content = _people(
        ("Pasar", "Pasar Lama", "", ""),
        ("", "PASAR LAMA", "", ""),
        ("UMKM", "", "AntarCepat", ""),
        ("rentan", "", "", "Koperasi Maju"),
        ("desa", "-", "", ""),
        ("", "", "", ""),
        titles=("EKOSISTEM", "NAMA PASAR", "PLATFORM", "KOPERASI"),
    )

    assert bring_in(content).accepted == 6

    assert _places() == [
        ("pasar", "market", "Pasar Lama"),
        ("pasar", "market", "Pasar Lama"),
        ("ecommerce", "platform", "AntarCepat"),
        ("rentan", "cooperative", "Koperasi Maju"),
        ("desa", None, None),
        (None, None, None),
    ]
    assert len(db.session.scalars(select(WorkerGroup)).all()) == 3


def test_an_unknown_ecosystem_is_left_out_with_a_note(bring_in: Import) -> None:
    roster = bring_in(_people(("Perbankan",), titles=("EKOSISTEM",)))

    assert only_worker().ecosystem is None
    assert [note.problem for note in notes_of(roster)] == ["ecosystem_unknown"]


def test_the_same_list_again_changes_nothing_and_an_empty_cell_keeps_what_is_recorded(
    bring_in: Import,
) -> None:
    titles = ("EKOSISTEM", "KELOMPOK")
    content = _people(("desa", "Tani Makmur"), titles=titles)
    bring_in(content)

    assert bring_in(content).unchanged == 1
    assert bring_in(_people(("", ""), titles=titles)).unchanged == 1
    assert _places() == [("desa", "other", "Tani Makmur")]
    assert bring_in(_people(("rentan", "Tani Baru"), titles=titles)).changed == 1
    assert _places() == [("rentan", "other", "Tani Baru")]


def test_a_whole_list_has_one_ecosystem_and_group_where_a_row_names_none(
    bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        rt = make_group(session, office_id=office_id, kind=GroupKind.RT, name="RT 1").id
    content = _people(("", ""), ("pasar", ""), ("", "Tani"), titles=("EKOSISTEM", "KELOMPOK"))

    bring_in(content, ecosystem=Ecosystem.RENTAN, group_id=rt)

    assert _places() == [
        ("rentan", "rt", "RT 1"),
        ("pasar", "rt", "RT 1"),
        ("rentan", "other", "Tani"),
    ]


def test_a_list_cannot_be_for_another_offices_group(bring_in: Import) -> None:
    with transaction() as session:
        theirs = make_group(session, office_id=make_office(session).id).id

    with pytest.raises(Invalid):
        bring_in(_people(("",), titles=("EKOSISTEM",)), group_id=theirs)
