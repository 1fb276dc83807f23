"""How a payer pays from each wallet."""

from __future__ import annotations

from agentsys.extension.contract import Guide

GOPAY = (
    Guide(
        title="Dari HP ini",
        steps=(
            "Ketuk tombol di atas. Aplikasi GoPay atau Gojek terbuka.",
            "Periksa jumlahnya, lalu ketuk bayar dan masukkan PIN GoPay.",
            "Kembali ke halaman ini. Statusnya berubah sendiri.",
        ),
    ),
    Guide(
        title="Dari HP lain",
        steps=(
            "Salin tautannya dan kirim ke HP yang ada GoPay-nya.",
            "Buka tautan itu di HP tersebut, lalu bayar dengan PIN GoPay.",
        ),
    ),
)
QRIS = (
    Guide(
        title="Memindai dengan HP lain",
        steps=(
            "Buka aplikasi bank atau dompet digital, lalu pilih Bayar atau QRIS.",
            "Arahkan kamera ke kode di layar ini.",
            "Periksa jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="Membayar dengan HP yang sama",
        steps=(
            "Simpan gambar layar ini.",
            "Buka aplikasi bank atau dompet digital, pilih QRIS, lalu pilih gambar dari galeri.",
            "Periksa jumlahnya, lalu masukkan PIN.",
        ),
    ),
)
SHOPEEPAY = (
    Guide(
        title="Dari HP ini",
        steps=(
            "Ketuk tombol di atas. Aplikasi Shopee terbuka.",
            "Pilih ShopeePay, periksa jumlahnya, lalu masukkan PIN.",
            "Kembali ke halaman ini. Statusnya berubah sendiri.",
        ),
    ),
)
OVO = (
    Guide(
        title="Di aplikasi OVO",
        steps=(
            "Segera buka aplikasi OVO di nomor itu. Waktunya kurang dari satu menit.",
            "Buka pemberitahuan, periksa jumlahnya, lalu ketuk Bayar dan masukkan PIN.",
            "Bila terlewat, tidak ada uang yang berpindah. Buat tagihan baru dan coba lagi.",
        ),
    ),
)
DANA = (
    Guide(
        title="Dari HP ini",
        steps=(
            "Ketuk tombol di atas. Halaman pembayaran Midtrans terbuka.",
            "Pilih DANA, lalu masuk dengan nomor HP dan PIN DANA Anda.",
            "Periksa jumlahnya, lalu ketuk Bayar.",
            "Kembali ke halaman ini. Statusnya berubah sendiri.",
        ),
    ),
)
