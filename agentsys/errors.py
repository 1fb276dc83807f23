"""What the rules can say no to; each class docstring is the meaning, each message the facts."""

from __future__ import annotations


class Refused(Exception):
    """The rules do not allow this; the message is a sentence for the person who asked."""

    def __init__(self, message: str | None = None, **facts: object) -> None:
        """Keep the sentence for people and the facts for the log."""
        super().__init__(message or self.__doc__)
        self.facts = facts


class NotFound(Refused):
    """Data tidak ditemukan, atau bukan bagian Anda."""


class Invalid(Refused):
    """Isian belum benar."""


class Conflict(Refused):
    """Data sudah berubah sejak Anda membukanya. Muat ulang halaman, lalu periksa lagi."""


class Forbidden(Refused):
    """Peran Anda tidak boleh melakukan ini."""


class Unavailable(Refused):
    """Layanan sedang tidak tersedia. Tidak ada yang hilang; coba lagi sebentar lagi."""
