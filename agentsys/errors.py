"""Refusals: a rule forbids something; the `text` of each class is what people read."""

from __future__ import annotations

from agentsys.messages import Message


class Refused(Exception):
    """The rules do not allow this; the message is a sentence for the person who asked."""

    text = "Tidak dapat dilakukan."

    def __init__(self, message: str | Message | None = None, /, **facts: object) -> None:
        """Keep the sentence for people, and the values for its placeholders and for the log.

        A value that must not be logged, such as a name, goes into a Message.
        """
        text = message or self.text
        self.message = text if isinstance(text, Message) else Message(text=text, values=facts)
        self.facts = facts
        super().__init__(self.message.text)

    def __str__(self) -> str:
        """The sentence in Indonesian; a page looks it up by its `message` instead."""
        return self.message.sentence()


class NotFound(Refused):
    """The row does not exist, or the user may not see it; the answer is the same for both."""

    text = "Data tidak ditemukan, atau bukan bagian Anda."


class Invalid(Refused):
    """An input breaks a rule; the text says which and what to do."""

    text = "Isian belum benar."


class Malformed(Refused):
    """A character that the database cannot store."""

    text = (
        "Ada karakter yang tidak dapat disimpan di alamat atau isian. Ketik ulang, lalu kirim lagi."
    )


class Conflict(Refused):
    """The data changed since the user saw it."""

    text = "Data sudah berubah sejak Anda membukanya. Muat ulang halaman, lalu periksa lagi."


class Forbidden(Refused):
    """The user may not do this."""

    text = "Peran Anda tidak boleh melakukan ini."


class Unavailable(Refused):
    """A service does not answer; the same request may be sent again."""

    text = "Layanan sedang tidak tersedia. Tidak ada yang hilang; coba lagi sebentar lagi."
