"""Sealed numbers."""

from __future__ import annotations

import hmac
import os

import pytest

from agentsys.crypto import Unreadable, Vault, parse_keys
from tests.factories import sealed_by_the_first_version

NIK = "6474011203850001"
HERE = b"workers.nik_sealed:1"


def make_vault(*numbers: int) -> Vault:
    return Vault({number: bytes([number]) * 32 for number in numbers}, b"i" * 32)


def test_a_sealed_number_opens_again_and_no_two_seals_are_alike():
    vault = make_vault(1)

    first, second = vault.seal(NIK, HERE), vault.seal(NIK, HERE)

    assert vault.open(first, HERE) == vault.open(second, HERE) == NIK
    assert first != second
    assert NIK.encode() not in first


def test_sealed_bytes_open_again_as_they_were():
    vault = make_vault(1)
    content = b"PK\x03\x04\xff\x00"

    sealed = vault.seal_bytes(content, HERE)

    assert content not in sealed
    assert vault.open_bytes(sealed, HERE) == content


def test_a_new_key_seals_while_the_old_one_still_opens():
    old = make_vault(1).seal(NIK, HERE)
    rotated = make_vault(1, 2)

    assert rotated.open(old, HERE) == NIK
    assert make_vault(2).open(rotated.seal(NIK, HERE), HERE) == NIK


def test_a_changed_seal_or_a_missing_key_is_unreadable():
    sealed = make_vault(1).seal(NIK, HERE)

    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:1], b"", sealed[1:]):
        with pytest.raises(Unreadable):
            make_vault(1).open(changed, HERE)
    with pytest.raises(Unreadable):
        make_vault(2).open(sealed, HERE)


def test_a_seal_opens_in_its_own_place_and_in_no_other():
    vault = make_vault(1)
    sealed = vault.seal(NIK, HERE)

    for place in (b"workers.nik_sealed:2", b"workers.kk_sealed:1", b""):
        with pytest.raises(Unreadable):
            vault.open(sealed, place)


def test_what_the_first_version_sealed_opens_in_any_place():
    vault = make_vault(1)
    sealed = sealed_by_the_first_version(NIK, number=1, key=bytes([1]) * 32)

    assert vault.open(sealed, HERE) == vault.open(sealed, b"elsewhere") == NIK
    with pytest.raises(Unreadable):
        vault.open(b"\0" + sealed, HERE)


def test_the_index_finds_equal_numbers_only_under_the_same_key():
    assert make_vault(1).index(NIK) == make_vault(2).index(NIK)
    assert make_vault(1).index(NIK) != Vault({1: os.urandom(32)}, b"j" * 32).index(NIK)


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_the_index_is_hmac_sha256(length):
    key = os.urandom(length)

    index = Vault({1: bytes(32)}, key).index(NIK)

    assert index == hmac.digest(key, NIK.encode(), "sha256")


def test_a_vault_does_not_show_its_keys():
    assert "\\x01" not in repr(make_vault(1))


@pytest.mark.parametrize("keys", [{}, {0: b"k" * 32}, {1: b"short"}])
def test_keys_of_the_wrong_shape_are_refused(keys):
    with pytest.raises(ValueError, match="kunci"):
        Vault(keys, b"i" * 32)


def test_keys_are_read_from_the_setting():
    assert parse_keys("1:QUFB, 2:QkJC") == {1: b"AAA", 2: b"BBB"}


def test_the_index_is_the_one_that_the_first_version_kept():
    kept = "b9a44ef6931ffa959655c81f7c819013609442730ffaaf34dd7e9f477eebd54e"

    assert make_vault(1).index(NIK).hex() == kept
