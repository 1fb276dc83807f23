"""The messages about a roster's cells: what is wrong, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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

    def __post_init__(self) -> None:
        """Mask before shortening, so that no part of a NIK stays."""
        object.__setattr__(self, "shown", mask_within(self.shown)[:SHOWN])

    @property
    def effect(self) -> Effect:
        """What it does to the row."""
        return PROBLEMS[self.problem].effect


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

PROBLEMS: dict[str, Problem] = {
    **{kind.value: _refused(label, SAY[kind]) for kind, label in _NIK_LABELS.items()},
    "nik_is_kk": _refused(
        "NIK sama dengan nomor KK", "Kolom NIK berisi nomor KK. Salin NIK orangnya dari KTP."
    ),
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
        "Data yang terdaftar tidak diubah. Minta pembina agennya atau admin mengunggah baris ini.",
    ),
    "name_missing": _refused("Nama kosong", "Isi nama sesuai KTP, lalu unggah lagi barisnya."),
    "name_unreadable": _refused(
        "Nama tidak berisi huruf", "Ketik ulang nama sesuai KTP, lalu unggah lagi barisnya."
    ),
    "name_long": _refused("Nama terlalu panjang", "Tulis nama paling panjang 120 huruf."),
    "birth_date_unreadable": _refused(
        "Tanggal lahir tidak terbaca",
        "Tulis tanggal seperti 12-03-1980, atau kosongkan sel ini agar diambil dari NIK.",
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
    "birth_date_differs": _warned(
        "Tanggal lahir berbeda dengan NIK", "Boleh terjadi setelah KTP dibetulkan. Periksa KTP."
    ),
    "sex_differs": _warned(
        "Jenis kelamin berbeda dengan NIK", "Boleh terjadi setelah KTP dibetulkan. Periksa KTP."
    ),
    "nik_region_unknown": _warned(
        "Kode wilayah NIK tidak dikenal", "Periksa dua angka pertama NIK pada KTP."
    ),
    "niks_end_in_zero": _warned(
        "Banyak NIK berakhiran 0",
        "Mungkin Excel mengubah angka terakhir. Cocokkan beberapa NIK dengan KTP.",
    ),
    "sheet_ignored": _warned(
        "Lembar tanpa kolom NIK dan Nama",
        "Lembar ini tidak dibaca. Bila berisi pekerja, beri judul kolom NIK dan NAMA.",
    ),
    "birth_date_on_file_differs": _warned(
        "Tanggal lahir berbeda dengan data terdaftar",
        "Data terdaftar tidak diubah. Cocokkan tanggal lahirnya dengan KTP.",
    ),
    "other_agent": _warned(
        "Pekerja sudah dikelola agen lain",
        "Agennya tidak diubah. Pastikan agen mana yang mengelola pekerja ini.",
    ),
    "enrolled_otherwise": _warned(
        "Pekerja sudah punya kepesertaan lain",
        "Kepesertaan yang ada tidak diubah. Periksa program, pemberi bantuan, dan bulan mulainya.",
    ),
}
