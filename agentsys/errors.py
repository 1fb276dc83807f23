"""What the rules can say no to; each class docstring is the meaning, each message the facts."""

from __future__ import annotations

from agentsys.sentences import Reason


class Refused(Exception):
    """The rules do not allow this; the message is a sentence for the person who asked."""

    def __init__(self, message: str | Reason | None = None, /, **facts: object) -> None:
        """Keep the sentence for people, and the facts for its places and for the log.

        What nobody should find in a log, such as a name, stands in a Reason of its own.
        """
        text = message or self.__doc__ or ""
        self.reason = text if isinstance(text, Reason) else Reason(text=text, values=facts)
        self.facts = facts
        super().__init__(self.reason.text)

    def __str__(self) -> str:
        """The sentence in Indonesian; a page looks it up by its `reason` instead."""
        return self.reason.sentence()


class NotFound(Refused):
    """Data tidak ditemukan, atau bukan bagian Anda."""


class Invalid(Refused):
    """Isian belum benar."""


class Malformed(Refused):
    """Ada tanda yang tidak dapat disimpan di alamat atau isian. Ketik ulang, lalu kirim lagi."""


class Conflict(Refused):
    """Data sudah berubah sejak Anda membukanya. Muat ulang halaman, lalu periksa lagi."""


class Forbidden(Refused):
    """Peran Anda tidak boleh melakukan ini."""


class Unavailable(Refused):
    """Layanan sedang tidak tersedia. Tidak ada yang hilang; coba lagi sebentar lagi."""
