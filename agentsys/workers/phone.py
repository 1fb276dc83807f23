"""Mobile numbers, normalised to +62 from all ways in which people write them."""

from __future__ import annotations

import re

import phonenumbers

# The usual form; the library for all other forms takes 20 times as long.
_ORDINARY = re.compile(
    r"(?:\+?62|0)(8(?:1[1-9]|2[1-3]|3[1-38]|5[1-35-9]|7[7-8]|8[1-9]|9[5-9])[0-9]{6,9})"
)
_PUNCTUATION = re.compile(r"[\s.\-()'’]")
_LOST_ZERO = re.compile(r"8[0-9]{8,11}")


def normalise_phone(text: str) -> str:
    """The number as `+628…`, or an empty text if it is not an Indonesian mobile number."""
    compact = _PUNCTUATION.sub("", text)
    if match := _ORDINARY.fullmatch(compact):
        return "+62" + match[1]
    if _LOST_ZERO.fullmatch(compact):
        compact = "0" + compact
    try:
        number = phonenumbers.parse(compact, "ID")
    except phonenumbers.NumberParseException:
        return ""
    kind = phonenumbers.number_type(number)
    if number.country_code != 62 or kind != phonenumbers.PhoneNumberType.MOBILE:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def lost_its_zero(text: str) -> bool:
    """Whether a spreadsheet removed the leading zero of the number."""
    return bool(_LOST_ZERO.fullmatch(_PUNCTUATION.sub("", text)))
