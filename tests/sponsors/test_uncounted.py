"""A list costs the same for each of its rows, even if PostgreSQL counted a table in its middle."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.db import transaction
from agentsys.rosters import running, sponsored
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import Roster, RosterStatus
from tests.rosters.conftest import person, sheet, store
from tests.sponsors.bringing import agree, named, send
from tests.sponsors.world import Sponsored

PEOPLE = 2_500  # two batches, and more than are joined one by one
READS_A_PERSON = 60  # rows of a table that the import reads for each of its people, at most
COUNTED = ("workers", "enrolments", "assignments", "agreement_members", "version_people")
TABLES = (*COUNTED, "incoming")


def hold_to_be_empty(*tables: str) -> None:
    """Set the statistics of a table that was analyzed during an import: pages without rows."""
    with transaction() as session:
        for name in tables:
            session.execute(
                text(
                    "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname',"
                    f" '{name}', 'relpages', 1000, 'reltuples', CAST(0 AS real))"
                )
            )


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows the last transaction of an import read, by table."""
    found: Counter[str] = Counter()
    apply = sponsored.apply

    def applied(session: Session, roster: Roster) -> None:
        apply(session, roster)
        session.flush()
        rows = session.execute(
            text(
                "SELECT t.relname, coalesce(t.seq_tup_read, 0) + (SELECT coalesce(sum("
                "pg_stat_get_xact_tuples_returned(i.indexrelid)), 0)"
                " FROM pg_index i WHERE i.indrelid = t.relid)"
                " FROM pg_stat_xact_user_tables t WHERE t.relname = ANY (:tables)"
            ),
            {"tables": list(TABLES)},
        )
        found.update({name: read for name, read in rows})

    monkeypatch.setattr(running.sponsored, "apply", applied)
    return found


def people() -> bytes:
    return sheet(*(person(serial) for serial in range(1, PEOPLE + 1)))


def test_a_list_of_new_people_reads_no_table_again_for_each_of_them(
    stored_office: Sponsored, reads: Counter[str]
) -> None:
    agreement_id = agree(stored_office)
    roster_id = send(stored_office, agreement_id, people())
    hold_to_be_empty(*COUNTED)

    roster = import_roster(vault=stored_office.vault, roster_id=roster_id)

    assert (roster.status, roster.created) == (RosterStatus.DONE, PEOPLE)
    assert named(agreement_id) == PEOPLE
    assert reads["version_people"] >= PEOPLE
    assert max(reads.values()) <= READS_A_PERSON * PEOPLE, reads


def test_a_list_without_a_sponsor_reads_no_table_again_for_each_of_its_people(
    stored_office: Sponsored, reads: Counter[str]
) -> None:
    roster_id = store(stored_office.vault, stored_office.office_id, people())
    hold_to_be_empty(*COUNTED)

    roster = import_roster(vault=stored_office.vault, roster_id=roster_id)

    assert (roster.status, roster.created) == (RosterStatus.DONE, PEOPLE)
    assert reads["workers"] > 0
    assert max(reads.values()) <= READS_A_PERSON * PEOPLE, reads


def test_a_second_list_of_them_reads_no_table_again_for_each_of_them(
    stored_office: Sponsored, reads: Counter[str]
) -> None:
    first = store(stored_office.vault, stored_office.office_id, people())
    import_roster(vault=stored_office.vault, roster_id=first)
    second = store(stored_office.vault, stored_office.office_id, people())
    hold_to_be_empty(*COUNTED, "roster_changes")

    roster = import_roster(vault=stored_office.vault, roster_id=second)

    assert (roster.status, roster.created) == (RosterStatus.DONE, 0)
    assert roster.accepted == PEOPLE
    assert reads["workers"] >= PEOPLE
    assert max(reads.values()) <= READS_A_PERSON * PEOPLE, reads
