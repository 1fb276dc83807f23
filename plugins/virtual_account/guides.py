"""How a payer pays to a virtual account, bank by bank."""

from __future__ import annotations

from agentsys.extension.contract import Guide

OTHER_BANK = Guide(
    title="Dari bank lain",
    steps=(
        "Buka aplikasi bank Anda, lalu pilih transfer ke bank lain dengan BI-FAST atau online.",
        "Pilih bank tujuan yang tertulis di halaman ini.",
        "Masukkan nomor virtual account sebagai nomor rekening tujuan.",
        "Isi jumlah persis seperti di sini, lalu selesaikan. Bank Anda dapat memungut biaya.",
    ),
)
BCA = (
    Guide(
        title="BCA mobile",
        steps=(
            "Buka BCA mobile, lalu pilih m-Transfer dan BCA Virtual Account.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="ATM BCA",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Transaksi Lainnya, Transfer, Ke Rek BCA VA.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu pilih Ya. Simpan struknya.",
        ),
    ),
    OTHER_BANK,
)
BNI = (
    Guide(
        title="BNI Mobile Banking",
        steps=(
            "Buka aplikasi BNI, lalu pilih Transfer dan Virtual Account Billing.",
            "Pilih rekening Anda, lalu masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu masukkan password transaksi.",
        ),
    ),
    Guide(
        title="ATM BNI",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Menu Lain, Transfer, Virtual Account Billing.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu pilih Ya. Simpan struknya.",
        ),
    ),
    OTHER_BANK,
)
BRI = (
    Guide(
        title="BRImo",
        steps=(
            "Buka BRImo, lalu pilih BRIVA dan Pembayaran Baru.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="ATM BRI",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Transaksi Lain, Pembayaran, Lainnya, BRIVA.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu pilih Ya. Simpan struknya.",
        ),
    ),
    OTHER_BANK,
)
CIMB = (
    Guide(
        title="OCTO Mobile",
        steps=(
            "Buka OCTO Mobile, lalu pilih Transfer dan CIMB Niaga atau Virtual Account.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="ATM CIMB Niaga",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Pembayaran, Lanjut, Virtual Account.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu pilih OK. Simpan struknya.",
        ),
    ),
    OTHER_BANK,
)
PERMATA = (
    Guide(
        title="PermataMobile X",
        steps=(
            "Buka PermataMobile X, lalu pilih Bayar Tagihan dan Virtual Account.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="ATM Permata",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Transaksi Lainnya, Pembayaran, Virtual Account.",
            "Masukkan nomor virtual account.",
            "Periksa nama dan jumlahnya, lalu pilih Benar. Simpan struknya.",
        ),
    ),
    OTHER_BANK,
)
MANDIRI = (
    Guide(
        title="Livin' by Mandiri",
        steps=(
            "Buka Livin', lalu pilih Bayar dan cari Midtrans, atau ketik kode perusahaan.",
            "Masukkan kode bayar.",
            "Periksa jumlahnya, lalu masukkan PIN.",
        ),
    ),
    Guide(
        title="ATM Mandiri",
        steps=(
            "Masukkan kartu dan PIN, lalu pilih Bayar/Beli, Lainnya, Multi Payment.",
            "Masukkan kode perusahaan, lalu pilih Benar.",
            "Masukkan kode bayar, lalu pilih Benar.",
            "Periksa jumlahnya, lalu pilih Ya. Simpan struknya.",
        ),
    ),
)
