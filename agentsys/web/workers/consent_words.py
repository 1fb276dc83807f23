"""The words of the consent text to which a worker agreed."""

from __future__ import annotations

from flask_babel import gettext as _

from agentsys.web.texts import sentence
from agentsys.workers import enrolment
from agentsys.workers.queries import WorkerProfile


def consent_words(version: str, found: WorkerProfile) -> str:
    """The text of that version; empty without one, and a sentence if it is not kept here."""
    if not version:
        return ""
    words = enrolment.consent_of(version, found.controller)
    if words is None:
        return _("Naskah versi ini tidak disimpan di sini. Lihat surat persetujuannya.")
    return sentence(words)
