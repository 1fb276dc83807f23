"""Why a file cannot be read, and what its sender can do."""

from __future__ import annotations

from agentsys.errors import Invalid


class FileRefused(Invalid):
    """A spreadsheet that cannot be read."""

    text = "Berkas tidak dapat dibaca sebagai tabel."


EMPTY = "Berkas ini kosong. Pilih berkas yang berisi datanya."
NO_TABLE = "Berkas ini bukan tabel. Simpan sebagai .xlsx atau .csv, lalu unggah lagi."
NO_EXCEL = "Berkas ini bukan Excel. Simpan sebagai .xlsx atau .csv, lalu unggah lagi."
WEB_PAGE = (
    "Berkas ini halaman web, bukan Excel. Buka di Excel, pilih Simpan Sebagai .xlsx,"
    " lalu unggah lagi."
)
LOCKED = "Berkas Excel ini dikunci kata sandi. Hapus kata sandinya, lalu unggah lagi."
MACROS = "Berkas Excel ini berisi makro. Simpan ulang sebagai .xlsx tanpa makro, lalu unggah lagi."
DAMAGED = "Berkas Excel ini rusak. Buka di Excel, simpan ulang sebagai .xlsx, lalu unggah lagi."
LARGE_UNPACKED = (
    "Isi berkas Excel ini terlalu besar setelah dibuka. Simpan sebagai CSV,"
    " bagi menjadi beberapa berkas, lalu unggah satu per satu."
)
BROKEN_OFF = (
    "Berkas ini rusak atau terlalu besar. Simpan ulang sebagai .xlsx, atau simpan sebagai CSV,"
    " lalu unggah lagi."
)

# Messages by the code that the child writes.
BY_CHILD = {
    "no table": NO_TABLE,
    "locked": LOCKED,
    "damaged": DAMAGED,
    "broken csv": "Berkas CSV ini tidak dapat dibaca: satu sel terlalu panjang atau tanda kutipnya"
    " tidak ditutup. Simpan ulang dari Excel sebagai CSV, lalu unggah lagi.",
    "wide row": "Ada baris dengan terlalu banyak kolom. Sisakan hanya kolom yang diperlukan,"
    " lalu unggah lagi.",
    "long cell": "Ada sel yang isinya terlalu panjang. Singkat isinya, lalu unggah lagi.",
    "too much": "Isi berkas ini terlalu banyak. Bagi menjadi beberapa berkas, lalu unggah satu per"
    " satu.",
}
