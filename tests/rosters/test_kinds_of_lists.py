"""Lists in the shapes in which villages, registers and programmes send them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rosters.conftest import Rows, workbook
from tests.rosters.reading import Result, taken

ANDI, SITI, BUDI, RINA = (
    "6474011203800001",  # 12 March 1980, a man
    "6474015708750002",  # 17 August 1975, a woman
    "6474012802900003",
    "6474014112680004",
)
NAMES = {ANDI: "Andi Baso", SITI: "Siti Aminah", BUDI: "Budi Rahman", RINA: "Rina Daeng"}
CARDS = ("6474011203150001", "6474011203150002")


def rows_of(rows: Rows, **options: object) -> Result:
    """What is read of one sheet with these rows."""
    return taken(workbook({"DAFTAR": rows}), **options)


def test_a_register_with_a_status_refuses_the_dead_the_moved_and_the_invalid() -> None:
    titles = ["Nomor KK", "NIK", "Nama Penduduk", "Status", "Desa/Kel", "Pekerjaan"]
    states = ["Hidup", "Mati", "Pindah", "Tidak Valid"]
    rows = [
        [CARDS[0], nik, name, state, "Ngapas", "Petani"]
        for (nik, name), state in zip(NAMES.items(), states, strict=True)
    ]

    result = rows_of([titles, *rows])

    assert [one.name for one in result.people] == ["Andi Baso"]
    assert (result.people[0].kelurahan, result.people[0].job) == ("Ngapas", "Petani")
    assert result.refused == {3: "status_dead", 4: "status_moved", 5: "status_invalid"}


@pytest.mark.parametrize(
    "remark", ["meninggal", "Sudah meninggal dunia", "ALM.", "dicoret: pindah"]
)
def test_a_remark_that_says_no_more_than_that_refuses_too(remark: str) -> None:
    rows = [["NIK", "NAMA", "KETERANGAN"], [ANDI, "Andi", remark], [BUDI, "Budi", "lancar"]]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Budi"]


@pytest.mark.parametrize(
    "remark", ["suami meninggal", "pindahan dari Samarinda", "Kawin", "sesuai"]
)
def test_a_remark_about_something_else_refuses_nobody(remark: str) -> None:
    result = rows_of([["NIK", "NAMA", "STATUS", "KET"], [ANDI, "Andi", remark, remark]])

    assert [one.name for one in result.people] == ["Andi"]


def test_nik_zero_apostrophe_and_code_columns_of_a_village_export() -> None:
    titles = ["nama", "no_kk", "nik", "sex", "tanggallahir", "pekerjaan_id", "status_dasar"]
    titles += ["ayah_nik", "nama_ayah"]
    rows = [
        ["ANDI", CARDS[0], f"'{ANDI}", 1, "'12-03-1980", 9, 1, SITI, "AYAH"],
        ["SITI", CARDS[0], SITI, 2, "1975-08-17", 84, 1, "", ""],
        ["TANPA", CARDS[0], "0", 1, "1990-02-28", 26, 1, "", ""],
        ["NOL", CARDS[0], 0, 1, "1990-02-28", 26, 1, "", ""],
        ["BUDI", CARDS[0], BUDI, 1, "1990-02-28", 26, 2, "", ""],
        ["RINA", CARDS[0], RINA, 2, "1968-12-01", 2, 3, "", ""],
    ]

    result = rows_of([titles, *rows])

    assert [(one.name, one.nik_masked, one.sex, one.job) for one in result.people] == [
        ("ANDI", "6474••••••••0001", "L", "Petani/Pekebun"),
        ("SITI", "6474••••••••0002", "P", "Pedagang"),
    ]
    assert result.people[0].birth_date == date(1980, 3, 12)
    assert result.refused == {
        4: "nik_missing",
        5: "nik_missing",
        6: "status_dead",
        7: "status_moved",
    }


def test_a_block_for_each_family_gives_its_number_to_the_rows_below() -> None:
    card, titles = ["", "NO.KK", "", "NAMA.KK"], ["", "NO", "NIK", "NAMA", "JK", "TMPT LHR"]
    rows = [
        ["", "BUKU INDUK"],
        ["DESA :", "", "SENDANG"],
        [],
        card,
        ["", CARDS[0], "", "Andi Baso"],
        titles,
        ["", 1, ANDI, "Andi Baso", "L", "Kerandan"],
        ["", 2, SITI, "Siti Aminah", "P", "Kerandan"],
        card,
        ["", CARDS[1], "", "Budi Rahman"],
        titles,
        ["", 3, BUDI, "Budi Rahman", "L", "Kerandan"],
    ]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Andi Baso", "Siti Aminah", "Budi Rahman"]
    assert [one.family for one in result.people] == [0, 0, 1]
    assert result.people[0].birth_place == "Kerandan"
    assert (result.nobody, result.refused) == (3, {})


def test_two_lines_of_titles_numbers_below_zero_and_lines_with_the_family_card() -> None:
    rows = [
        ["No", "Nama Lengkap", "NIK", "Tempat dan Tanggal Lahir", "", "JK", "Nama Orang Tua", ""],
        ["", "", "", "Tempat Lahir", "Tgl/Bln/Th", "", "Ibu", "Ayah"],
        [-1, -2, -3, -4, -5, -6, -7, -8],
        [f"No. KK : {CARDS[0]} \u00a0", "", "Alamat : Dusun Satu", "", "", "", "", ""],
        [1, "Andi Baso", f"{ANDI}\u00a0", "Puyung", "12-03-1980", "Lk", "Ibunya", "Ayahnya"],
        [2, "Siti Aminah", SITI, "Puyung", "17-08-1975", "Pr", "Ibunya", "Ayahnya"],
        [f"No. KK : {CARDS[1]}", "", "Alamat : Dusun Dua", "", "", "", "", ""],
        [3, "Budi Rahman", BUDI, "Puyung", "28-02-1990", "Lk", "Ibunya", "Ayahnya"],
    ]

    result = rows_of(rows)

    assert [(one.name, one.sex, one.family) for one in result.people] == [
        ("Andi Baso", "L", 0),
        ("Siti Aminah", "P", 0),
        ("Budi Rahman", "L", 1),
    ]
    assert (result.nobody, result.refused) == (3, {})


def test_a_survey_names_the_member_and_the_head_is_somebody_else() -> None:
    titles = ["Provinsi (3)", "Desa/Kelurahan (9)", "Nama KRT (13)", "Nama ART", "NIK", "HubKRT"]
    rows = [titles, ["KOLOM", 1, 2, 3, 4, 5], ["Nusa", "Timu", "Kepala", "Andi Baso", ANDI, "1"]]

    result = rows_of(rows)

    assert [(one.name, one.kelurahan) for one in result.people] == [("Andi Baso", "Timu")]
    assert result.nobody == 1


def test_heirs_are_never_enrolled_instead_of_the_workers() -> None:
    rows = [
        ["DAFTAR PEKERJA RENTAN"],
        [],
        ["NO", "NIK", "NAMA LENGKAP", "NO HP", "AHLI WARIS", "", "", ""],
        ["", "", "", "", "NAMA", "NIK", "HUBUNGAN", "NO HP"],
        [1, ANDI, "Andi Baso", "081234567890", "Siti Aminah", SITI, "ISTRI", "081234567899"],
        [2, BUDI, "Budi Rahman", "", "", "", "", ""],
    ]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Andi Baso", "Budi Rahman"]
    assert result.people[0].phone == "+6281234567890"
    heir, none = [one.heir for one in result.people]
    assert heir == ("Siti Aminah", "6474••••••••0002", "ISTRI", "081234567899")
    assert none is None
    assert result.notes == [(4, "heirs_of_new_workers")]


@pytest.mark.parametrize(
    "group", ["PASANGAN (SUAMI/ISTRI)", "ORANG TUA", "PENDAMPING", "KONTAK DARURAT"]
)
def test_columns_of_other_persons_are_nobody_s(group: str) -> None:
    rows = [
        ["NO", "PEKERJA", "", group, ""],
        ["", "NIK", "NAMA", "NIK", "NAMA"],
        [1, ANDI, "Andi Baso", SITI, "Siti Aminah"],
    ]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Andi Baso"]


def test_a_checklist_is_no_nik_if_another_column_holds_it() -> None:
    rows = [
        ["NO", "NAMA PEMILIK", "NAMA", "KTP", "KK", "NIK"],
        [1, "KOPERASI X", "Andi Baso", "ada", "ada", ANDI],
        [2, "KOPERASI X", "Siti Aminah", "ada", "-", SITI],
    ]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Andi Baso", "Siti Aminah"]
    assert result.notes == []


def test_a_sex_as_a_cross_and_a_date_in_three_columns_are_joined() -> None:
    rows = [
        ["NO", "NAMA", "NIK", "JENIS KELAMIN", "", "TANGGAL LAHIR", "", "", "ALAMAT"],
        ["", "", "", "L", "P", "TGL", "BLN", "THN", ""],
        [1, "Andi Baso", ANDI, "√", "", 12, 3, 1980, "RT 1"],
        [2, "Siti Aminah", SITI, "", "v", "17", "Agustus", "1975", "RT 2"],
    ]

    result = rows_of(rows)

    assert [(one.sex, one.birth_date, one.address) for one in result.people] == [
        ("L", date(1980, 3, 12), "RT 1"),
        ("P", date(1975, 8, 17), "RT 2"),
    ]
    assert result.notes == []


def test_job_comes_before_category_and_the_column_with_phones_before_another() -> None:
    rows = [
        ["NO", "KATEGORI", "NAMA", "NIK", "HP", "PEKERJAAN", "NO HP", "USAHA"],
        [1, "Rentan", "Andi", ANDI, "Android", "Sopir angkot", "081234567890", "tidak ada"],
    ]

    [one] = rows_of(rows).people

    assert (one.job, one.phone, one.business) == ("Sopir angkot", "+6281234567890", "")


@pytest.mark.parametrize(
    "word", ["#N/A", "#REF!", "#NAMA?", "-", "null", "NULL", "tidak ada", "Belum Ada", "–", "N/A"]
)
def test_words_for_no_value_are_empty_in_every_column(word: str) -> None:
    titles = ["NIK", "NAMA", "ALAMAT", "KELURAHAN", "NO HP", "NO KK", "PEKERJAAN", "PENGHASILAN"]
    filled = [word] * 6
    result = rows_of(
        [
            titles,
            [ANDI, "Andi", *filled],
            [BUDI, word, *filled],
            [word, "Tanpa", "RT 3", *filled[1:]],
        ]
    )

    [one] = result.people
    assert (one.address, one.kelurahan, one.phone, one.job) == ("", "", "", "")
    assert (one.family, one.income_idr) == (None, None)
    assert result.refused == {3: "name_missing", 4: "nik_missing"}
    assert {problem for _, problem in result.notes} == {"name_missing", "nik_missing"}
