"""The messages about a roster's cells: what is wrong, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentsys.workers import eligibility, identity
from agentsys.workers.eligibility import Rule
from agentsys.workers.identity import Difference, Wrong
from agentsys.workers.nik import SAY, NikProblem, mask_within

SHOWN = 120


class Effect(StrEnum):
    """What a problem does to its row."""

    REFUSED = "refused"
    REPAIRED = "repaired"  # the cell was changed
    WARNED = "warned"  # nothing was changed, but a person should check it


@dataclass(frozen=True)
class Problem:
    """One kind of problem, with its texts for people."""

    effect: Effect
    label: str
    advice: str


@dataclass(frozen=True, slots=True)
class Note:
    """A problem in one cell; `shown` is shortened and masked."""

    sheet: str
    row: int
    column: str
    problem: str
    shown: str
    refuses: bool = False  # a rule of eligibility that refuses where another only warns

    def __post_init__(self) -> None:
        """Mask before shortening, so that no part of a NIK stays."""
        object.__setattr__(self, "shown", mask_within(self.shown)[:SHOWN])

    @property
    def effect(self) -> Effect:
        """What it does to the row."""
        return Effect.REFUSED if self.refuses else PROBLEMS[self.problem].effect


def _refused(label: str, advice: str) -> Problem:
    return Problem(Effect.REFUSED, label, advice)


def _repaired(label: str, advice: str) -> Problem:
    return Problem(Effect.REPAIRED, label, advice)


def _warned(label: str, advice: str) -> Problem:
    return Problem(Effect.WARNED, label, advice)


_NIK_LABELS = {
    NikProblem.MISSING: "NIK kosong",
    NikProblem.NUMBER: "NIK tersimpan sebagai angka",
    NikProblem.LENGTH: "NIK tidak 16 angka",
    NikProblem.LETTERS: "NIK berisi huruf",
    NikProblem.DATE: "Tanggal di dalam NIK tidak mungkin",
    NikProblem.SERIAL: "Nomor urut NIK 0000",
}

_WRONG_LABELS = {
    Wrong.NAME_MISSING: "Nama kosong",
    Wrong.NAME_UNREADABLE: "Nama tidak berisi huruf",
    Wrong.NAME_LONG: "Nama terlalu panjang",
    Wrong.BIRTH_DATE: "Tanggal lahir tidak masuk akal",
    Wrong.NIK_IS_KK: "NIK sama dengan nomor KK",
}
_DIFFERENCE_LABELS = {
    Difference.BIRTH_DATE: "Tanggal lahir berbeda dengan NIK",
    Difference.SEX: "Jenis kelamin berbeda dengan NIK",
    Difference.REGION: "Kode wilayah NIK tidak dikenal",
}
# A list holds no answer of the worker, so the rules about answers do not concern it, and whose NIK
# is registered is told in other words.
_RULE_LABELS = {
    Rule.TOO_YOUNG: "Belum cukup umur",
    Rule.MINOR: "Belum berumur 18 tahun",
    Rule.TOO_OLD: "Melewati batas umur",
    Rule.WAGE_EARNER_BY_JOB: "Mungkin karyawan",
    Rule.EMPLOYER_BY_JOB: "Mungkin wajib ikut JHT",
    Rule.INCOME_LOW: "Penghasilan sangat kecil",
    Rule.INCOME_HIGH: "Penghasilan sangat besar",
}

PROBLEMS: dict[str, Problem] = {
    **{kind.value: _refused(label, SAY[kind]) for kind, label in _NIK_LABELS.items()},
    **{kind.value: _refused(label, identity.SAY[kind]) for kind, label in _WRONG_LABELS.items()},
    **{kind.value: _warned(label, kind.sentence) for kind, label in _DIFFERENCE_LABELS.items()},
    **{rule.value: _warned(label, eligibility.SAY[rule]) for rule, label in _RULE_LABELS.items()},
    "duplicate_differs": _refused(
        "NIK dipakai dua kali dengan isi berbeda",
        "Pastikan baris mana yang benar, hapus yang salah, lalu unggah baris yang benar.",
    ),
    "other_office": _refused(
        "NIK sudah terdaftar di kantor lain",
        "Pekerja ini terdaftar melalui kantor lain. Hubungi admin kedua kantor.",
    ),
    "other_team": _refused(
        "Pekerja dikelola agen tim lain",
        "Data yang terdaftar tidak diubah. Minta penyelia agennya atau admin mengunggah baris ini.",
    ),
    "birth_date_unreadable": _refused(
        "Tanggal lahir tidak terbaca",
        "Tulis tanggal seperti 12-03-1980, atau kosongkan sel ini agar diambil dari NIK.",
    ),
    "status_dead": _refused(
        "Tercatat meninggal", "Daftar ini menyatakan orangnya meninggal. Hapus barisnya bila benar."
    ),
    "status_moved": _refused(
        "Tercatat pindah", "Daftar ini menyatakan orangnya pindah. Hapus barisnya bila benar."
    ),
    "status_invalid": _refused(
        "Tercatat tidak valid",
        "Daftar ini menyatakan datanya tidak valid. Periksa orangnya, lalu perbaiki statusnya.",
    ),
    "nik_repaired": _repaired(
        "NIK dirapikan", "Spasi, titik, atau huruf mirip angka diperbaiki. Cocokkan dengan KTP."
    ),
    "name_repaired": _repaired(
        "Nama dirapikan",
        "Tanda di depan nama atau tanda tak terlihat dibuang. Cocokkan dengan KTP.",
    ),
    "birth_date_swapped": _repaired(
        "Hari dan bulan lahir tertukar", "Dibaca bulan-hari-tahun agar cocok dengan NIK."
    ),
    "birth_date_serial": _repaired(
        "Tanggal lahir berupa nomor Excel", "Diubah menjadi tanggal. Cocokkan dengan KTP."
    ),
    "birth_date_from_nik": _repaired(
        "Tanggal lahir kosong", "Diambil dari NIK. Cocokkan dengan KTP."
    ),
    "sex_from_nik": _repaired(
        "Jenis kelamin kosong atau tidak terbaca", "Diambil dari NIK. Tulis L atau P."
    ),
    "birth_date_matched": _repaired(
        "Tanggal lahir ditulis dengan cara lain",
        "Dibaca seperti tanggal di dalam NIK. Cocokkan dengan KTP.",
    ),
    "birth_date_completed": _repaired(
        "Tanggal lahir tidak lengkap", "Dilengkapi dari NIK. Cocokkan dengan KTP."
    ),
    "birth_date_1904": _repaired(
        "Tanggal lahir bergeser empat tahun",
        "Berkas ini memakai sistem tanggal 1904. Dipakai tanggal di dalam NIK.",
    ),
    "phone_first": _repaired(
        "Nomor HP lebih dari satu", "Dipakai nomor yang pertama. Tulis satu nomor saja."
    ),
    "phone_lost_zero": _repaired(
        "Nomor HP kehilangan angka 0",
        "Angka 0 di depan dikembalikan. Format kolom HP sebagai Teks.",
    ),
    "phone_dropped": _repaired(
        "Nomor HP tidak dikenal",
        "Dikosongkan; pekerja tetap masuk. Tulis nomor HP (08…), lalu unggah lagi barisnya.",
    ),
    "kk_dropped": _repaired(
        "Nomor KK tidak terbaca", "Dikosongkan; pekerja tetap masuk. Tulis 16 angka sebagai Teks."
    ),
    "kpj_dropped": _repaired(
        "Nomor KPJ tidak terbaca", "Dikosongkan; pekerja tetap masuk. Nomor KPJ berisi 11 angka."
    ),
    "income_repaired": _repaired(
        "Penghasilan ditulis dengan kata", "Diubah menjadi rupiah. Periksa jumlahnya."
    ),
    "income_dropped": _repaired(
        "Penghasilan tidak terbaca", "Dipakai nilai dasar. Tulis rupiah sebulan, contoh 1500000."
    ),
    "text_cut": _repaired("Isi terlalu panjang", "Dipotong. Singkat isinya bila perlu."),
    "duplicate_same": _repaired("Baris ganda, isinya sama", "Dipakai satu kali saja."),
    "niks_end_in_zero": _warned(
        "Banyak NIK berakhiran 0",
        "Mungkin Excel mengubah angka terakhir. Cocokkan beberapa NIK dengan KTP.",
    ),
    "sheet_ignored": _warned(
        "Lembar tanpa kolom NIK dan Nama",
        "Lembar ini tidak dibaca. Bila berisi pekerja, beri judul kolom NIK dan NAMA.",
    ),
    "column_double": _warned(
        "Dua kolom untuk data yang sama",
        "Kolom ini tidak dipakai, karena kolom lain berisi data yang sama. Pilih kolom yang benar.",
    ),
    "heirs_of_new_workers": _warned(
        "Ahli waris di daftar",
        "Ahli waris hanya dicatat untuk pekerja baru. Yang lain dicatat di halaman pekerjanya.",
    ),
    "heir_relation_unknown": _warned(
        "Hubungan ahli waris tidak dikenal",
        "Ahli warisnya tidak dicatat. Tulis hubungannya, seperti istri, anak, atau orang tua.",
    ),
    "columns_hidden": _warned(
        "Kolom tersembunyi", "Kolom ini tidak dibaca. Tampilkan kolomnya, lalu unggah lagi."
    ),
    "rows_hidden": _warned(
        "Baris tersembunyi",
        "Baris yang tersembunyi tidak dibaca. Buka saringannya, lalu unggah lagi bila perlu.",
    ),
    "birth_date_on_file_differs": _warned(
        "Tanggal lahir berbeda dengan data terdaftar",
        "Data terdaftar tidak diubah. Cocokkan tanggal lahirnya dengan KTP.",
    ),
    "sector_on_file_differs": _warned(
        "Sektor berbeda dengan data terdaftar",
        "Sektor yang terdaftar tidak diubah, karena menentukan iurannya. Tanyakan pekerjaannya.",
    ),
    "sector_suggested": _warned(
        "Sektor diduga dari pekerjaan",
        "Dicatat sebagai transportasi, yang iurannya dapat berbeda. Tanyakan pekerjaannya.",
    ),
    "ecosystem_unknown": _warned(
        "Ekosistem tidak dikenal",
        "Ekosistem dikosongkan; pekerja tetap masuk. Tulis desa, pasar, e-commerce, atau rentan.",
    ),
    "other_agent": _warned(
        "Pekerja sudah dikelola agen lain",
        "Agennya tidak diubah. Pastikan agen mana yang mengelola pekerja ini.",
    ),
    "enrolled_otherwise": _warned(
        "Pekerja sudah punya kepesertaan lain",
        "Kepesertaan yang ada tidak diubah. Periksa program, pemberi bantuan, dan bulan mulainya.",
    ),
    "registered_dead": _refused(
        "Pekerja tercatat meninggal",
        "Kepesertaannya berakhir karena meninggal. Cocokkan NIK-nya; bila keliru, hubungi admin.",
    ),
    "changed_since_check": _refused(
        "Data berubah sejak diperiksa",
        "Data pekerja ini berubah setelah daftar diperiksa, jadi tidak diubah. Unggah lagi baris"
        " ini agar diperiksa ulang.",
    ),
    "nik_of_another": _refused(
        "NIK terdaftar atas nama lain",
        "Nama di baris ini tidak mirip nama pemilik NIK-nya, jadi tidak ada yang diubah. Periksa"
        " NIK-nya. Bila orangnya sama, usulkan perbaikan nama di halaman pekerja, lalu unggah lagi"
        " baris ini.",
    ),
    "name_on_file_differs": _warned(
        "Nama tidak mirip data terdaftar",
        "Ia tetap dalam daftar sponsor, dan datanya tidak diubah. Bila orangnya sama, usulkan"
        " perbaikan nama di halaman pekerja; orang kedua menyetujuinya.",
    ),
    "sex_on_file_differs": _warned(
        "Jenis kelamin berbeda dengan data terdaftar",
        "Data terdaftar tidak diubah. Cocokkan dengan KTP.",
    ),
    "older_list": _warned(
        "Daftar ini lebih lama",
        "Daftar yang datanya lebih baru sudah mencatat pekerja ini, jadi datanya tidak diubah.",
    ),
    "membership_again": _warned(
        "Kepesertaan yang berakhir dimulai lagi",
        "Kepesertaannya pernah berakhir dan dimulai lagi oleh daftar ini. Pastikan memang begitu.",
    ),
}
