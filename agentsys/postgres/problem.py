"""Errors of the embedded server, as messages that say what to do."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from agentsys.console_texts import console_text as _

ELSEWHERE = (
    "Pakai PostgreSQL lain dengan mengisi AGENTSYS_DATABASE_URL "
    "(contoh: postgresql+psycopg://pengguna@server/agentsys)."
)

# The first pattern that is found in what initdb or the server wrote decides. Shared memory stands
# before the disk because it runs out with the same words.
_SAYINGS: tuple[tuple[str, str], ...] = (
    (
        r"could not (resize|open|create) shared memory|could not map anonymous shared memory",
        "Memori bersama di mesin ini terlalu kecil untuk PostgreSQL. Perbesar /dev/shm "
        "(di Docker: --shm-size=512m), lalu jalankan lagi.",
    ),
    (
        r"No space left on device|Disk quota exceeded|File too large",
        "Disk penuh: PostgreSQL tidak dapat menulis di {place}. Kosongkan ruang, "
        "lalu jalankan lagi; data yang sudah tersimpan tetap aman.",
    ),
    (
        r"could not look up (effective|local) user",
        "Pengguna sistem yang menjalankan agentsys tidak terdaftar di mesin ini. "
        "Daftarkan pengguna itu di /etc/passwd. " + ELSEWHERE,
    ),
    (
        r"invalid permissions|could not change (permissions|access)|wrong ownership",
        "Izin folder {place} tidak dapat diatur untuk PostgreSQL. Pindahkan folder instance "
        "ke disk biasa milik pengguna ini (bukan disk bersama), lalu jalankan lagi.",
    ),
    (
        r"initialized by PostgreSQL version|incompatible with (this )?server",
        "Data di {place} dibuat oleh PostgreSQL versi lain dan tidak disentuh. Pindahkan dengan "
        "pg_dump dari versi lama, atau pakai folder instance yang lain.",
    ),
    (
        r"lock file .* already exists|pre-existing shared memory block",
        "Folder data {place} sedang dipakai server PostgreSQL lain yang tidak dijalankan oleh "
        "agentsys. Hentikan server itu, lalu jalankan lagi.",
    ),
    (
        r"Address already in use|could not bind|could not create any Unix-domain sockets",
        "Alamat server PostgreSQL sudah dipakai program lain. Hentikan program itu, "
        "lalu jalankan lagi.",
    ),
    (
        r"GLIBC_|cannot execute|Exec format error|error while loading shared libraries",
        "PostgreSQL bawaan tidak dapat berjalan di sistem ini. " + ELSEWHERE,
    ),
    (
        r"could not locate a valid checkpoint|invalid checkpoint record|could not locate required",
        "Data di {place} rusak dan tidak disentuh. Simpan salinan folder itu, "
        "lalu pulihkan dari cadangan terakhir.",
    ),
    (
        r"Permission denied",
        "PostgreSQL tidak boleh membaca atau menulis di {place}. Jalankan agentsys dengan pengguna "
        "pemilik folder itu, atau perbaiki izinnya.",
    ),
)


class PostgresProblem(Exception):
    """The embedded server cannot run; the message says what to do."""


def from_output(output: str, place: Path, log: Path | None = None) -> PostgresProblem:
    """The message for the output of initdb or the server."""
    for pattern, sentence in _SAYINGS:
        if re.search(pattern, output):
            return PostgresProblem(_(sentence, place=place))
    said = [line for line in output.splitlines() if re.search(r"FATAL|PANIC|error", line)]
    where = _(" Catatan lengkap: {log}.", log=log) if log else ""
    quoted = _(" Pesannya: {line}.", line=said[-1].strip()) if said else ""
    return PostgresProblem(
        _(
            "PostgreSQL bawaan tidak dapat dijalankan.{quoted}{where} {elsewhere}",
            quoted=quoted,
            where=where,
            elsewhere=_(ELSEWHERE),
        )
    )


def from_os_error(error: OSError, place: Path) -> PostgresProblem:
    """The message for an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return from_output("No space left on device", place)
    if error.errno in (errno.EACCES, errno.EPERM):
        return from_output("Permission denied", Path(error.filename or place))
    if error.errno in (errno.ENOEXEC, errno.ENOENT):
        return from_output("Exec format error", place)
    if error.errno == errno.EROFS:
        return PostgresProblem(
            _("Disk di {place} hanya dapat dibaca. Pilih folder instance lain.", place=place)
        )
    return from_output(f"error: {error.strerror}", place)
