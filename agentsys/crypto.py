"""Encryption of identity numbers and files, and a keyed index to find encrypted numbers."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agentsys.console_texts import console_text as _

_NONCE_BYTES = 12
# A sealed value is this byte, the id of its key, nonce and ciphertext with tag. The place that it
# was sealed for is authenticated with it. Version 0.1.0 wrote no such byte and knew no places; key
# ids begin at 1, so the first byte tells the two apart.
_BOUND = 0


class Unreadable(Exception):
    """A sealed value was made with a key that is not configured, or was damaged."""


@dataclass(frozen=True, repr=False)
class Vault:
    """Seals text and bytes with AES-256-GCM under the newest key, opens it under any known key.

    A value is sealed for a place, such as a table, column and row, and opens nowhere else.
    """

    keys: Mapping[int, bytes]  # key id (1-255) -> 32 bytes
    index_key: bytes
    _ciphers: dict[int, AESGCM] = field(init=False, default_factory=dict)
    _newest: tuple[bytes, AESGCM] = field(init=False)
    _begun: hmac.HMAC = field(init=False)  # keyed once, then copied for each use

    def __post_init__(self) -> None:
        """Refuse keys of the wrong size before anything is sealed with them."""
        if not self.keys or any(not 1 <= number <= 255 for number in self.keys):
            raise ValueError(_("nomor kunci harus 1 sampai 255"))
        for number, key in self.keys.items():
            if len(key) != 32:
                raise ValueError(
                    _(
                        "kunci {key_id} berisi {size} byte, seharusnya 32",
                        key_id=number,
                        size=len(key),
                    )
                )
            self._ciphers[number] = AESGCM(key)
        if len(self.index_key) < 32:
            raise ValueError(_("kunci indeks perlu paling sedikit 32 byte"))
        newest = max(self.keys)
        object.__setattr__(self, "_newest", (bytes([_BOUND, newest]), self._ciphers[newest]))
        object.__setattr__(self, "_begun", hmac.new(self.index_key, digestmod="sha256"))

    @property
    def newest(self) -> int:
        """The id of the key that seals."""
        return max(self.keys)

    def seal(self, text: str, place: bytes) -> bytes:
        """The text, sealed for a place."""
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: bytes) -> bytes:
        """The bytes under the newest key, sealed for a place."""
        head, cipher = self._newest
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + cipher.encrypt(nonce, content, place)

    def open(self, sealed: bytes, place: bytes) -> str:
        """The text that was sealed; Unreadable if it was changed, moved, or its key is missing.

        What version 0.1.0 sealed opens in any place.
        """
        return self.open_bytes(sealed, place).decode()

    def open_bytes(self, sealed: bytes, place: bytes) -> bytes:
        """The bytes that were sealed; Unreadable as above."""
        is_bound = sealed[:1] == bytes([_BOUND])
        rest = sealed[1:] if is_bound else sealed
        cipher = self._ciphers.get(rest[0]) if len(rest) > _NONCE_BYTES else None
        if cipher is None:
            raise Unreadable(f"no field key {rest[0] if rest else '(empty)'}")
        nonce, content = rest[1 : 1 + _NONCE_BYTES], rest[1 + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, content, place if is_bound else None)
        except InvalidTag as error:
            raise Unreadable("the sealed value was changed or moved, or its key was") from error

    def index(self, text: str) -> bytes:
        """A keyed hash: equal for equal texts, and useless without the key."""
        begun = self._begun.copy()
        begun.update(text.encode())
        return begun.digest()


def parse_keys(text: str) -> dict[int, bytes]:
    """Parse field keys `1:BASE64,2:BASE64`; the ValueError for others contains no key."""
    keys = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        number, _colon, encoded = part.partition(":")
        if not number.isdecimal() or not encoded:
            raise ValueError(_("kunci ditulis `1:BASE64`, nomornya di depan"))
        keys[int(number)] = base64.b64decode(encoded, validate=True)
    return keys
