"""The demo city has void receipts, one that waits, and a deposit with too little cash."""

from __future__ import annotations

from tests.demo.conftest import Seeded


def test_a_receipt_is_void_and_another_waits_for_its_second_person(town: Seeded) -> None:
    states = town.words("SELECT DISTINCT state FROM cash_reversals")

    assert {"proposed", "approved"} <= states


def test_an_agent_has_handed_in_too_little(town: Seeded) -> None:
    [(deposits, short)] = town.rows(
        "SELECT count(*), sum(short_idr) FROM deposits WHERE state = 'confirmed' AND short_idr > 0"
    )
    [(owed,)] = town.rows(
        "SELECT sum(amount_idr) FROM balances WHERE account LIKE 'shortage:agent:%'"
    )

    assert deposits >= 1
    assert owed == short
    assert town.words("SELECT DISTINCT state FROM deductions") == {"asked"}


def test_a_deposit_that_was_confirmed_wrongly_waits_for_its_correction(town: Seeded) -> None:
    assert town.words("SELECT DISTINCT state FROM corrections") == {"proposed"}


def test_a_tariff_table_waits_for_its_second_person(town: Seeded) -> None:
    assert town.words("SELECT DISTINCT state FROM tariff_tables") == {"proposed"}
