"""Words for why two workers may be one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentsys.duplicates.rules import Reason
from agentsys.web.texts import lazy

REASONS: Mapping[Reason, Any] = {
    Reason.SAME_NIK: lazy("NIK yang satu dikoreksi menjadi NIK yang lain"),
    Reason.SAME_KPJ: lazy("Nomor KPJ sama"),
    Reason.FORMER_NIK: lazy("NIK lama yang satu adalah NIK yang lain"),
    Reason.NEAR_NIK: lazy("NIK hanya berbeda satu angka, atau dua angka tertukar"),
    Reason.SAME_NAME: lazy("Nama sama"),
    Reason.SIMILAR_NAME: lazy("Nama mirip"),
    Reason.PARTLY_SIMILAR_NAME: lazy("Nama agak mirip"),
    Reason.SAME_BIRTH_DATE: lazy("Tanggal lahir sama"),
    Reason.SAME_PHONE: lazy("Nomor HP sama"),
    Reason.OTHER_SEX: lazy("Jenis kelamin berbeda"),
}
# What else can explain a reason, for who has to decide.
ELSE: Mapping[Reason, Any] = {
    Reason.NEAR_NIK: lazy("Anak kembar juga punya tanggal lahir yang sama dan NIK yang mirip."),
    Reason.SAME_PHONE: lazy("Satu keluarga sering memakai satu nomor HP."),
    Reason.FORMER_NIK: lazy("NIK yang salah ketik dapat kebetulan milik orang lain."),
    Reason.SAME_KPJ: lazy("Nomor KPJ dapat tersalin ke baris orang lain."),
}


def reasons_in_words(reasons: Mapping[Reason, int]) -> list[str]:
    """The reasons as words, what counts most first."""
    found = sorted(reasons, key=lambda each: -abs(reasons[each]))
    return [str(REASONS[each]) for each in found]


def explained(reasons: Mapping[Reason, int]) -> list[dict[str, Any]]:
    """The reasons with their points, and what else can explain them."""
    return [
        {"text": REASONS[each], "points": points, "other": ELSE.get(each, "")}
        for each, points in sorted(reasons.items(), key=lambda one: -abs(one[1]))
    ]
