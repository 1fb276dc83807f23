"""Sentences with placeholders: formats of values, and that values are not interpreted."""

from __future__ import annotations

import copy
import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.extension.contract import Message
from agentsys.messages import fill
from agentsys.people.passwords import ShortPassword

MORNING = datetime(2026, 11, 22, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "indonesian", "english"),
    [
        ("held_idr", 1_250_000, "Rp1.250.000", "Rp1,250,000"),
        ("rows", 34_782, "34.782", "34,782"),
        ("worker_id", 34_782, "34782", "34782"),
        ("month", date(2026, 10, 1), "Oktober 2026", "October 2026"),
        ("first_month", date(2026, 5, 1), "Mei 2026", "May 2026"),
        ("since", date(2026, 10, 1), "1 Okt 2026", "1 Oct 2026"),
        ("months", [date(2026, 7, 1), date(2026, 8, 1)], "Juli 2026, Agustus 2026", None),
        ("months", 3, "3", "3"),
        ("at", MORNING, "23 Nov 2026, 05.05 WIB", "23 Nov 2026, 05:05 WIB"),
        ("at", MORNING.replace(tzinfo=None), "23 Nov 2026, 05.05 WIB", None),
        ("percent", "7,5", "7,5", "7,5"),
    ],
)
def test_a_value_reads_as_its_name_and_the_language_say(
    name: str, value: object, indonesian: str, english: str | None
) -> None:
    text, values = f"<{{{name}}}>", {name: value}

    assert Message(text=text, values=values).sentence() == f"<{indonesian}>"
    if english:
        assert fill(text, values, "en") == f"<{english}>"


def test_a_moment_reads_on_the_clock_of_the_zone() -> None:
    told = fill("{at}", {"at": MORNING}, "id", ZoneInfo("Asia/Jayapura"))

    assert told == "23 Nov 2026, 07.05 WIT"


def test_a_refusal_is_its_filled_sentence_and_keeps_its_facts() -> None:
    refused = Invalid("Bulan {month} belum ada.", month=date(2027, 2, 1), worker_id=7)

    assert str(refused) == "Bulan Februari 2027 belum ada."
    assert refused.message.text == "Bulan {month} belum ada."
    assert refused.facts == {"month": date(2027, 2, 1), "worker_id": 7}
    assert str(copy.copy(refused)) == str(refused)


def test_a_refusal_without_a_sentence_says_what_its_kind_means() -> None:
    refused = NotFound(roster_id=7)

    assert str(refused) == refused.message.text == NotFound.text


def test_what_stands_in_a_reason_of_its_own_is_said_and_not_logged() -> None:
    refused = Conflict(Message(text="{agent} sudah pergi.", values={"agent": "Sari"}), agent_id=7)

    assert str(refused) == "Sari sudah pergi."
    assert refused.facts == {"agent_id": 7}


def test_braces_that_somebody_typed_are_only_braces() -> None:
    refused = Conflict("Nomor {bank_ref} sudah ada.", bank_ref="{amount_idr} {0} {x", amount_idr=5)

    assert str(refused) == "Nomor {amount_idr} {0} {x sudah ada."
    assert str(Invalid("Berkas {apa} ini { rusak.", rows=3)) == "Berkas {apa} ini { rusak."


@pytest.mark.parametrize(
    ("text", "holes"),
    [
        ("{a_idr} dari {b}", []),
        ("{a_idr} dari {hilang}", ["{hilang}"]),
        ("{b:,}", ["{", "}"]),
        ("{{b}}", ["{", "}"]),
        ("tanpa {", ["{"]),
    ],
)
def test_holes_are_what_no_value_fills(text: str, holes: list[str]) -> None:
    assert Message(text=text, values={"a_idr": 1, "b": "x"}).holes() == holes


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.dates()))
def test_no_text_and_no_value_can_break_a_sentence(text: str, values: dict[str, object]) -> None:
    told = Message(text=text, values=values).sentence()

    assert told == text or any(f"{{{name}}}" in text for name in values)


def test_a_refusal_has_its_text_without_docstrings_too() -> None:
    script = (
        "from agentsys import errors, messages\n"
        "from agentsys.people.passwords import ShortPassword\n"
        "print(str(errors.NotFound()), str(ShortPassword()))"
    )
    optimised = [sys.executable, "-OO", "-c", script]
    shown = subprocess.run(optimised, capture_output=True, text=True, check=True).stdout

    assert NotFound.text in shown
    assert ShortPassword.text in shown
