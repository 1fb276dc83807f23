"""What titles of columns mean, as offices write them."""

from __future__ import annotations

import pytest

from agentsys.rosters.titles import SEPARATOR, meaning, shown
from tests.rosters.conftest import workbook
from tests.rosters.reading import taken

TITLES = {
    "nik": "NIK|N I K|No. KTP|NIK (16 digit)|NO.KTP/NIK|No Induk Kependudukan|NIK KTP|Nomor KTP/NIK"
    "|NOMOR INDUK KEPENDUDUKAN (NIK)|nik|no_ktp|NIK Pekerja|403 NIK|KTPEL",
    "name": "NAMA|N A M A|Nama Lengkap|Nama Penduduk|NAMA ANGGOTA|NAMA PENERIMA|Nama Warga|NAMA KPM"
    "|NAMA PETANI|Nama Pemilik|NAMA CALON PESERTA|namaLengkap|NAMA\n(SESUAI KTP)|402 Nama"
    "|NAMA PENERIMA BANTUAN|Nama Pemilik Usaha|NM PEKERJA|Nama ART",
    "kk": "NO KK|No.KK|nomor kartu keluarga|noKK|KK|NO. KK (16 ANGKA)|no_kk",
    "ttl": "TTL|TEMPAT, TANGGAL LAHIR|TMPT/TGL LAHIR|Tempat dan Tanggal Lahir|Tempat & Tgl. Lahir",
    "birth_place": "TEMPAT LAHIR|TMPT LHR|tempatLahir",
    "birth_date": "TANGGAL LAHIR|TGL LHR|tanggallahir|Tgl. Lahir (dd-mm-yyyy)|TGL/BLN/THN LAHIR",
    "sex": "JENIS KELAMIN (L/P)|JK|L/P|P/L|Jns Kel.|sex|GENDER|JK (Laki-laki/Perempuan)",
    "phone": "NO HP|No. HP/WA|NO. TELP|Nomor HP yang aktif|WHATSAPP|Nomor Handphone",
    "job": "PEKERJAAN|KATEGORI USAHA|pekerjaan_id|Pekerjaan Utama|PROFESI",
    "kelurahan": "KELURAHAN|Desa/Kel|DESA|Kel./Desa|Desa/Kelurahan (9)|Kelurahan Domisili",
    "kecamatan": "KECAMATAN|Kec.|Kecamatan (7)",
    "address": "ALAMAT|Alamat Tempat Tinggal|ALMT|Alamat (12)",
    "income": "PENGHASILAN|Penghasilan (Rp)|PENDAPATAN RATA-RATA PER BULAN|GAJI",
    "status": "STATUS|Status Penduduk|STATUS HIDUP/MATI",
    "status_code": "status_dasar",
    "remark": "KETERANGAN|KET.",
    "heir_name": "NAMA AHLI WARIS|AHLI WARIS > NAMA|AHLI WARIS",
    "heir_nik": "NIK AHLI WARIS|AHLI WARIS > NIK",
    "heir_relation": "AHLI WARIS > HUBUNGAN|HUBUNGAN AHLI WARIS",
    "": "NAMA IBU|NIK Ayah|ayah_nik|Nama KRT|NAMA KEPALA KELUARGA|NAMA.KK|NAMA USAHA KELUARGA|NO"
    "|NAMA BANK|Nama SLS|AGAMA|STATUS KAWIN|STATUS BPJS|PEKERJAAN ISTRI|NO HP SUAMI|EMAIL|kk_level"
    "|NAMA PENDAMPING|TANGGAL|UMUR|PASANGAN > NIK|ORANG TUA > NAMA|KODE KELURAHAN|NAMA PROGRAM",
}


@pytest.mark.parametrize(
    ("title", "field"), [(one, field) for field, all_ in TITLES.items() for one in all_.split("|")]
)
def test_a_title_means_its_field_and_no_other(title: str, field: str) -> None:
    found = meaning(tuple(title.split(SEPARATOR)))

    assert (found.field if found else "") == field


@pytest.mark.parametrize(
    "path", [("AHLI WARIS", "NAMA"), ("JENIS KELAMIN", "L"), ("TTL", "TANGGAL"), ("NO", "KK")]
)
def test_a_path_that_is_shown_as_one_title_keeps_its_meaning(path: tuple[str, ...]) -> None:
    assert meaning((shown(path),)) == meaning(path) is not None


def test_a_title_that_explains_itself_with_a_nik_is_still_a_title() -> None:
    rows = [
        ["NIK (16 angka, contoh 6474011203800001)", "NAMA"],
        ["6474011203800002", "Andi Baso"],
    ]

    assert [one.name for one in taken(workbook({"A": rows})).people] == ["Andi Baso"]


def test_a_family_card_that_stands_in_the_column_of_the_nik_is_no_person() -> None:
    rows = [
        ["NIK", "NAMA", "ALAMAT"],
        ["NO.KK", "NAMA.KK", "ALAMAT"],
        ["6474011203150001", "Andi Baso", "RT 1"],
        ["NIK", "NAMA", "ALAMAT"],
        ["6474011203800002", "Andi Baso", "RT 1"],
        ["KK", "6474011203150002", ""],
        ["6474015708750003", "Siti Aminah", "RT 2"],
    ]

    result = taken(workbook({"A": rows}))

    assert [(one.name, one.family) for one in result.people] == [
        ("Andi Baso", 0),
        ("Siti Aminah", 1),
    ]
    assert result.refused == {}


@pytest.mark.parametrize("example", ["Contoh: Budi", "CONTOH NAMA"])
def test_an_example_below_the_titles_is_nobody_even_with_a_possible_nik(example: str) -> None:
    rows = [["NIK", "NAMA"], ["6474011203800009", example], ["6474011203800002", "Andi"]]

    result = taken(workbook({"A": rows}))

    assert ([one.name for one in result.people], result.nobody) == (["Andi"], 1)


@pytest.mark.parametrize(
    ("cell", "problems"),
    [
        ("0812-3456-7890", []),
        ("0812 3456 7890 / 0813 1111 2222", ["phone_first"]),
        ("081234567890;081311112222", ["phone_first"]),
        ("0812 3456 7890\n0813 1111 2222", ["phone_first"]),
        ("+6281234567890 dan 081311112222", ["phone_first"]),
        ("081234567890 (WA)", []),
        ("0812 3456 7890 / 0812-3456-7890", []),
    ],
)
def test_the_first_of_several_phones_is_taken_and_it_is_said(
    cell: str, problems: list[str]
) -> None:
    rows = [["NIK", "NAMA", "NO HP"], ["6474011203800002", "Andi", cell]]

    result = taken(workbook({"A": rows}))

    assert [one.phone for one in result.people] == ["+6281234567890"]
    assert [problem for _, problem in result.notes] == problems
