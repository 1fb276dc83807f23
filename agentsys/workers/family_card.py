"""The number of a worker's family card (KK): sixteen digits, encrypted, shown masked."""

from __future__ import annotations

from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.workers import seals
from agentsys.workers.identity import Wrong
from agentsys.workers.models import Worker
from agentsys.workers.nik import normalise

_DIGITS = 16
_HIDDEN = "•" * 8


def parse(text: str) -> str:
    """The digits, or an empty text; Invalid if they are not sixteen."""
    number = normalise(text)
    if number and not (len(number) == _DIGITS and number.isdecimal()):
        raise Invalid("Nomor KK harus 16 angka. Periksa lagi, atau kosongkan.", about="kk")
    return number


def mask(number: str) -> str:
    """The number as it is shown: 6474••••••••0001."""
    return f"{number[:4]}{_HIDDEN}{number[-4:]}" if number else ""


def masked_of(vault: Vault, worker: Worker) -> str:
    """The worker's number, masked; empty if it is not known."""
    if worker.kk_sealed is None:
        return ""
    return mask(vault.open(worker.kk_sealed, seals.kk_of(worker.nik_index)))


def replace(vault: Vault, worker: Worker, number: str) -> bool:
    """Give the worker this number; whether it is another one than before."""
    index = vault.index(number)
    if index == worker.nik_index:
        raise Invalid(Wrong.NIK_IS_KK.sentence, about="kk")
    if index == worker.kk_index:
        return False
    worker.kk_sealed = vault.seal(number, seals.kk_of(worker.nik_index))
    worker.kk_index = index
    return True
