"""Settings of a rule as people type them, checked and as they are stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from agentsys.errors import Invalid
from agentsys.extension.commission_rules import CommissionRule, RuleSetting, SettingKind
from agentsys.money import format_idr, rupiah

_PERCENT = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,4})?")
_BAND = re.compile(r"([0-9]{1,12}) ?- ?([0-9]{0,12}) ?: ?([0-9]{1,3}(?:[.,][0-9]{1,4})?) ?%?")
MOST_BANDS = 40


def parse(rule: CommissionRule, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are stored; Invalid says which one is wrong, and what it takes."""
    return {
        setting.name: _PARSERS[setting.kind](setting, given.get(setting.name) or "")
        for setting in rule.settings
    }


def as_typed(setting: RuleSetting, stored: Any) -> Any:
    """A stored setting as a form shows it."""
    if setting.kind is SettingKind.BANDS:
        return "\n".join(f"{first}-{last or ''}: {percent}" for first, last, percent in stored)
    return list(stored) if setting.kind is SettingKind.CHOICES else str(stored)


def _idr(setting: RuleSetting, text: Any) -> int:
    try:
        amount_idr = rupiah(str(text))
    except ValueError:
        amount_idr = -1
    if not setting.least <= amount_idr <= setting.most:
        raise Invalid(
            "Isi rupiah bulat dari {least} sampai {most}.",
            least=format_idr(setting.least),
            most=format_idr(int(setting.most)),
            about=setting.name,
        )
    return amount_idr


def _count(setting: RuleSetting, text: Any) -> int:
    said = str(text).strip()
    if not said.isascii() or not said.isdigit() or not setting.least <= int(said) <= setting.most:
        raise Invalid(
            "Isi angka bulat dari {least} sampai {most}.",
            least=setting.least,
            most=int(setting.most),
            about=setting.name,
        )
    return int(said)


def _percent(setting: RuleSetting, text: Any) -> str:
    said = str(text).strip().removesuffix("%").strip()
    most = min(Decimal(setting.most), Decimal(100))
    if not _PERCENT.fullmatch(said) or Decimal(said.replace(",", ".")) > most:
        raise Invalid(
            "Isi persen dari 0 sampai {most}, misalnya 7,5.",
            most=str(most).replace(".", ","),
            about=setting.name,
        )
    return _plain(said)


def _choice(setting: RuleSetting, text: Any) -> str:
    if text not in dict(setting.choices):
        raise Invalid(
            "Pilih salah satu yang ada di daftar.",
            about=setting.name,
        )
    return str(text)


def _choices(setting: RuleSetting, chosen: Any) -> list[str]:
    wanted: Sequence[str] = [chosen] if isinstance(chosen, str) and chosen else list(chosen)
    return [_choice(setting, word) for word in dict.fromkeys(wanted)]


def _bands(setting: RuleSetting, text: Any) -> list[list[Any]]:
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    if not 0 < len(lines) <= MOST_BANDS:
        raise Invalid(
            "Isi 1 sampai {most} baris, misalnya 1-24: 15",
            most=MOST_BANDS,
            about=setting.name,
        )
    found: list[list[Any]] = []
    reached: int | None = 0
    for number, line in enumerate(lines, start=1):
        match = _BAND.fullmatch(line)
        first, last = (int(match[1]), int(match[2] or 0)) if match else (0, 0)
        fits = match is not None and Decimal(match[3].replace(",", ".")) <= 100
        if not match or not fits or reached is None or first <= reached or 0 < last < first:
            raise Invalid(
                "Baris {number} ({line}): tulis awal-akhir: persen, misalnya 1-24: 15."
                " Awalnya harus sesudah akhir baris sebelumnya; hanya akhir baris terakhir boleh"
                " kosong.",
                number=number,
                line=line[:40],
                about=setting.name,
            )
        reached = last or None
        found.append([first, last, _plain(match[3])])
    return found


def _plain(percent: str) -> str:
    """A percentage with a dot and without needless zeros, so that equal ones are equal texts."""
    number = Decimal(percent.replace(",", ".")).normalize()
    return f"{number:f}"


_PARSERS: Mapping[SettingKind, Callable[[RuleSetting, Any], Any]] = {
    SettingKind.IDR: _idr,
    SettingKind.COUNT: _count,
    SettingKind.PERCENT: _percent,
    SettingKind.CHOICE: _choice,
    SettingKind.CHOICES: _choices,
    SettingKind.BANDS: _bands,
}
