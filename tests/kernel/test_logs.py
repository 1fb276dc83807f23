"""Log lines without people in them."""

from __future__ import annotations

import pytest

from agentsys.logs import hide_personal


@pytest.mark.parametrize(
    "value",
    ["NIK 6474011203850001 salah", "hubungi 081234567890", "+6281234567890", 6474011203850001],
)
def test_numbers_of_people_are_blanked(value):
    shown = hide_personal(None, "", {"event": value})["event"]

    assert "•••" in shown
    assert "1234567" not in shown
    assert "12038500" not in shown


def test_personal_numbers_are_found_inside_lists_and_dicts():
    event = {"rows": ["6474011203850001", {"phone": "081234567890"}]}

    assert hide_personal(None, "", event) == {"rows": ["•••", {"phone": "•••"}]}


def test_secrets_are_blanked_by_their_name():
    assert hide_personal(None, "", {"server_key": "SB-Mid", "password": "x"}) == {
        "server_key": "•••",
        "password": "•••",
    }


def test_references_and_amounts_stay_readable():
    event = {"reference": "AG-7F3K2", "amount_idr": 1_753_012_800, "ms": 1.5, "ok": True}

    assert hide_personal(None, "", event) == event
