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


class Unreadable(Exception):
    """A sealed value was made with a key that is not configured, or was damaged."""


@dataclass(frozen=True, repr=False)
class Vault:
    """Seals text and bytes with AES-256-GCM under the newest key, opens it under any known key."""

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
        object.__setattr__(self, "_newest", (bytes([newest]), self._ciphers[newest]))
        object.__setattr__(self, "_begun", hmac.new(self.index_key, digestmod="sha256"))

    @property
    def newest(self) -> int:
        """The id of the key that seals."""
        return max(self.keys)

    def seal(self, text: str) -> bytes:
        """The text, sealed."""
        return self.seal_bytes(text.encode())

    def seal_bytes(self, content: bytes) -> bytes:
        """The bytes under the newest key: key id, nonce, ciphertext with tag."""
        number, cipher = self._newest
        nonce = os.urandom(_NONCE_BYTES)
        return number + nonce + cipher.encrypt(nonce, content, None)

    def open(self, sealed: bytes) -> str:
        """The text that was sealed; Unreadable if its key is missing or the bytes were changed."""
        return self.open_bytes(sealed).decode()

    def open_bytes(self, sealed: bytes) -> bytes:
        """The bytes that were sealed; Unreadable as above."""
        cipher = self._ciphers.get(sealed[0]) if len(sealed) > _NONCE_BYTES else None
        if cipher is None:
            raise Unreadable(f"no field key {sealed[0] if sealed else '(empty)'}")
        try:
            return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], None)
        except InvalidTag as error:
            raise Unreadable("the sealed value was changed, or its key was") from error

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
