"""Names are found whatever their accents, capitals and apostrophes."""

from __future__ import annotations

import pytest
from sqlalchemy import String as Text
from sqlalchemy import column, select, text, values
from sqlalchemy.orm import Session

from agentsys.listing.words import matches
from agentsys.workers.models import Worker

NAMES = ["José", "Nu’mah", "Nu'mah Sari", "Numan", "Ma`ruf", "100%", "a_b", "Đorđe", "Zoë\u0308"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("jose", ["José"]),
        ("JOSÉ", ["José"]),
        ("Jose\u0301", ["José"]),
        ("numah", ["Nu’mah", "Nu'mah Sari"]),
        ("nu'mah", ["Nu’mah", "Nu'mah Sari"]),
        ("Nuʼmah", ["Nu’mah", "Nu'mah Sari"]),
        ("maruf", ["Ma`ruf"]),
        ("djordje", []),
        ("dorde", ["Đorđe"]),
        ("zoe", ["Zoë\u0308"]),
        ("%", ["100%"]),
        ("_", ["a_b"]),
        ("\\", []),
        ("nu mah", []),
    ],
)
def test_accents_capitals_and_apostrophes_make_no_difference(
    session: Session, words: str, found: list[str]
) -> None:
    names = values(column("name", Text), name="names").data([(name,) for name in NAMES])

    assert list(session.scalars(select(names.c.name).where(matches(words, names.c.name)))) == found


def test_a_search_among_all_workers_uses_the_index(session: Session) -> None:
    for kind in ("seqscan", "indexscan", "indexonlyscan"):
        session.execute(text(f"SET LOCAL enable_{kind} = off"))
    query = select(Worker.id).where(matches("numah", Worker.name))
    compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})

    plan = session.connection().exec_driver_sql(f"EXPLAIN {compiled}").scalars()

    assert "ix_workers_search_key" in "\n".join(plan)
