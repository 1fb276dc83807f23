"""The NIK: repairs, refusals and warnings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.workers.identity import Difference, differences
from agentsys.workers.nik import (
    NikProblem,
    NikRefused,
    mask,
    mask_within,
    normalise,
    parse,
)

TODAY = date(2026, 11, 22)
MAN = "6474011203800001"
WOMAN = "6474015203800001"


def test_a_nik_tells_region_birth_date_and_sex() -> None:
    man, woman = parse(MAN, today=TODAY), parse(WOMAN, today=TODAY)

    assert (man.region, man.birth_date, man.sex) == ("64.74.01", date(1980, 3, 12), "L")
    assert (woman.region, woman.birth_date, woman.sex) == ("64.74.01", date(1980, 3, 12), "P")


@pytest.mark.parametrize(
    "typed",
    [
        "6474 0112 0380 0001",
        "64.74.01.120380.0001",
        "647401-120380-0001",
        "6474011203800001'",
        "'6474011203800001",
        "64740112O38OOOO1",
        "64740ll203800001",
        "647401I203800001",
        "６４７４０１１２０３８００００１",
        "\u200b6474011203800001\u200e",
        '="6474011203800001"',
        "\t6474011203800001 ",
        " . ".join(MAN) + "\u200b" * 60,
    ],
)
def test_what_people_type_is_repaired(typed: str) -> None:
    assert parse(typed, today=TODAY).text == MAN


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", NikProblem.MISSING),
        ("   ", NikProblem.MISSING),
        ("6,47401E+15", NikProblem.NUMBER),
        ("6.47401120380000E+15", NikProblem.NUMBER),
        ("3.2E+15", NikProblem.NUMBER),
        ("6474011203800001.0", NikProblem.NUMBER),
        ("6474011203800001,00", NikProblem.NUMBER),
        ("647401120380001", NikProblem.LENGTH),
        ("64740112038000011", NikProblem.LENGTH),
        ("6474X11203800001", NikProblem.LETTERS),
        ("٦٤٧٤٠١١٢٠٣٨٠٠٠٠١", NikProblem.LETTERS),
        ("O201010101900001", NikProblem.LETTERS),
        ("l0740ll203800001", NikProblem.LETTERS),
        ("6474011203800001" * 20, NikProblem.LENGTH),
        ("\u0301\u0323" * 1_000_000, NikProblem.LETTERS),
        ("6474011203800000", NikProblem.SERIAL),
        ("6474010003800001", NikProblem.DATE),
        ("6474013203800001", NikProblem.DATE),
        ("6474014003800001", NikProblem.DATE),
        ("6474017203800001", NikProblem.DATE),
        ("6474018103800001", NikProblem.DATE),
        ("6474011213800001", NikProblem.DATE),
        ("6474011200800001", NikProblem.DATE),
        ("6474013002800001", NikProblem.DATE),
        ("6474012902810001", NikProblem.DATE),
    ],
)
def test_what_cannot_be_a_nik_is_refused_with_the_reason(typed: str, problem: NikProblem) -> None:
    with pytest.raises(NikRefused) as refused:
        parse(typed, today=TODAY)

    assert refused.value.problem is problem


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(NikRefused) as refused:
        parse("6474011203800000", today=TODAY)

    assert "6474" not in str(refused.value)
    assert "6474" not in repr(refused.value.facts)


def test_a_lost_digit_is_answered_with_the_advice_to_use_text_cells() -> None:
    with pytest.raises(NikRefused, match="Format kolom NIK sebagai Teks"):
        parse("3.2E+15", today=TODAY)


def test_the_century_is_the_one_that_has_already_been() -> None:
    assert parse("6474011203050001", today=TODAY).birth_date == date(2005, 3, 12)
    assert parse("6474011212260001", today=TODAY).birth_date == date(1926, 12, 12)


def test_who_was_born_today_is_born_and_who_was_born_tomorrow_a_century_ago() -> None:
    assert parse("6474012211260001", today=TODAY).birth_date == TODAY
    assert parse("6474012311260001", today=TODAY).birth_date == date(1926, 11, 23)


def test_a_known_birth_date_decides_the_century() -> None:
    assert parse("6474011203200001", born=date(1920, 3, 12), today=TODAY).birth_date.year == 1920
    assert parse("6474011203200001", today=TODAY).birth_date.year == 2020


def test_the_29th_of_february_takes_the_century_that_has_it() -> None:
    assert parse("6474012902000001", today=TODAY).birth_date == date(2000, 2, 29)
    assert parse("6474012902040001", today=TODAY).birth_date == date(2004, 2, 29)


def test_differences_warn_and_do_not_refuse() -> None:
    nik = parse("9974011203800001", today=TODAY)

    found = differences(nik, birth_date=date(1981, 3, 12), sex="P")

    assert found == [Difference.BIRTH_DATE, Difference.SEX, Difference.REGION]
    assert all(difference.sentence for difference in found)
    assert differences(parse(MAN, today=TODAY), birth_date=date(1980, 3, 12), sex="L") == []


@pytest.mark.parametrize("province", ["65", "92", "93", "95", "96", "97"])
def test_the_young_provinces_are_known(province: str) -> None:
    assert differences(parse(f"{province}74011203800001", today=TODAY)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6474011203800002", "6474••••••••0002"),
        ("HP 6474011203800002 (istri)", "HP 6474••••••••0002 (istri)"),
        ("6474-0112-0380-0002", "6474••••••••0002"),
        ("(6474) 0112 / 0380.0002", "(6474••••••••0002"),
        ("6474O112O38OOOO2", "6474••••••••OOO2"),
        ("647401120380002", "•" * 15),
        ("6474011203800002, 6474011203800003", "•" * 16),
        ("081234567890", "081234567890"),
        ("Jl. Api-Api No. 12 RT 03 RW 04", "Jl. Api-Api No. 12 RT 03 RW 04"),
        ("6474••••••••0002 (baris 12)", "6474••••••••0002 (baris 12)"),
        ("1" + "|" * 1_000_000, "1" + "|" * 1_000_000),
    ],
)
def test_what_may_be_a_nik_is_masked_in_any_text(text: str, shown: str) -> None:
    assert mask_within(text) == shown


def test_the_mask_keeps_the_first_and_last_four() -> None:
    assert mask(MAN) == "6474••••••••0001"
    assert MAN not in repr(parse(MAN, today=TODAY))
    assert set(mask("64740112038")) == {"•"}


@given(
    born=st.dates(date(1927, 1, 1), TODAY - timedelta(days=1)),
    woman=st.booleans(),
    serial=st.integers(1, 9999),
)
def test_every_person_gets_back_own_birth_date_and_sex(
    born: date, woman: bool, serial: int
) -> None:
    text = f"647401{born.day + 40 * woman:02}{born:%m%y}{serial:04}"

    nik = parse(text, born=born, today=TODAY)

    assert (nik.text, nik.birth_date, nik.sex) == (text, born, "P" if woman else "L")


@given(st.text(max_size=40))
def test_any_text_is_a_nik_of_16_digits_or_refused(text: str) -> None:
    try:
        nik = parse(text, today=TODAY)
    except NikRefused:
        return

    assert len(nik.text) == 16
    assert nik.text.isascii()
    assert nik.text.isdecimal()
    assert normalise(nik.text) == nik.text
