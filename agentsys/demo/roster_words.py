"""Names and places of invented people."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CITY = "Kota Tanjung Selaras"

FIRST_NAMES = {
    "L": _words("""
        Abdul Ahmad Agus Amir Andi Arif Bambang Budi Burhan Dedi Eko Fajar Hadi Hasan
        Hendra Heri Ilham Indra Irwan Joko Kurnia Lukman Mansur Muhammad Mulyadi Nur
        Rahmat Ridwan Rizal Rudi Rusdi Samsul Slamet Sugeng Supri Surya Syahrul Taufik
        Usman Wahyu Yanto Yusuf Zainal
    """),
    "P": _words("""
        Aisyah Ani Asih Ayu Dewi Dian Eka Endang Fatimah Fitri Halimah Hasnah Ida Indah
        Kartini Lestari Lina Maryam Mega Murni Nani Ningsih Nur Nurul Putri Rahma Ratna
        Rina Rohani Rosita Sari Siti Sri Sulastri Sumarni Suryani Tini Tuti Umi Wahyuni
        Wati Yanti Yuliana Zahra
    """),
}

FAMILY_NAMES = _words("""
        Abdullah Amin Anwar Arifin Asmara Bakri Basri Darmawan Effendi Fauzi Firdaus
        Gunawan Halim Hamid Hakim Hasanuddin Hidayat Ibrahim Iskandar Ismail Jamal Jaya
        Kadir Kusuma Latif Mahmud Maulana Nasution Nugroho Pratama Prasetyo Purnama
        Rahman Ramadhan Saputra Santoso Setiawan Siregar Subagyo Suharto Sulaiman
        Susanto Syarif Tahir Utama Wibowo Widodo Wijaya Yusran Zaini
""")

# Kelurahan, kecamatan, and the six digits of a region that a NIK starts with.
KELURAHAN = (
    ("Muara Jingga", "Selaras Utara", "647401"),
    ("Api Biru", "Selaras Utara", "647401"),
    ("Gunung Kenari", "Selaras Utara", "647401"),
    ("Lok Mawar", "Selaras Utara", "647401"),
    ("Pasir Melati", "Selaras Utara", "647401"),
    ("Guntur Laut", "Selaras Utara", "647401"),
    ("Tanjung Limau", "Selaras Selatan", "647402"),
    ("Berbas Seroja", "Selaras Selatan", "647402"),
    ("Satimpo Baru", "Selaras Selatan", "647402"),
    ("Kampung Bakau", "Selaras Selatan", "647402"),
    ("Teluk Pandan Sari", "Selaras Selatan", "647402"),
    ("Karang Nelayan", "Selaras Selatan", "647402"),
    ("Bukit Belimbing", "Selaras Barat", "647403"),
    ("Kanaan Hijau", "Selaras Barat", "647403"),
    ("Telihan Indah", "Selaras Barat", "647403"),
)

STREETS = (
    "Jl. Kenanga",
    "Jl. Cempaka",
    "Jl. Anggrek",
    "Jl. Pelabuhan Lama",
    "Jl. Pasar Ikan",
    "Gang Mangga",
    "Gang Rambutan",
    "Jl. Bukit Indah",
)

TRADES = (
    ("Nelayan", "Kapal"),
    ("Pedagang pasar", "Kios"),
    ("Petani sayur", "Kebun"),
    ("Ojek pangkalan", "Ojek"),
    ("Sopir angkot", "Angkot"),
    ("Tukang kayu", "Mebel"),
    ("Penjahit", "Jahit"),
    ("Warung makan", "Warung"),
    ("Buruh harian", "Borongan"),
    ("Kurir", "Antar"),
    ("Montir", "Bengkel"),
    ("Tukang pijat", "Pijat"),
)
