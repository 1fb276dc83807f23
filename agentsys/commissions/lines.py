"""Commission lines of rules: validated, identified by subject, and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from agentsys.errors import Refused
from agentsys.extension.contract import AgentMonth, Beneficiary, CommissionLine, Message

Offers = list[tuple[str, list[CommissionLine]]]
Hook = Callable[[AgentMonth], Offers]

_NAME_LENGTH = 60
_IN_RULE = "Plugin {plugin}, aturan {rule}: "


class RuleProblem(Refused):
    """A commission rule failed, or returned lines that cannot be used."""

    text = "Sebuah aturan komisi keliru; hitungan agen ini berhenti sampai aturannya diperbaiki."


@dataclass(frozen=True, kw_only=True)
class Item:
    """One amount for one subject; (subject, rule, beneficiary) is granted once, ever."""

    rule: str
    version: str
    beneficiary: Beneficiary
    subject: str
    amount_idr: int
    reason: Message
    worker_id: int | None
    month: date | None

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """What may be granted only once."""
        return self.subject, self.rule, self.beneficiary.value


def items_of(offers: Offers, month: AgentMonth) -> list[Item]:
    """The lines as items, in a fixed order; RuleProblem names the plugin whose line is invalid."""
    known = {(c.worker_id, c.month) for c in month.contributions}
    granted: dict[tuple[str, str, str], tuple[Item, str]] = {}
    versions: dict[str, tuple[str, str]] = {}
    for plugin, lines in offers:
        sentences: set[tuple[str, ...]] = set()
        for line in lines:
            item = _checked(plugin, line, month, known, sentences)
            version, owner = versions.setdefault(item.rule, (item.version, plugin))
            if version != item.version:
                raise RuleProblem(
                    "Aturan {rule} berlaku dalam dua versi untuk bulan {month}:"
                    " {version} (plugin {owner}) dan {other_version} (plugin {plugin})."
                    " Matikan salah satunya, lalu hitung lagi.",
                    rule=item.rule,
                    month=month.month,
                    version=version,
                    owner=owner,
                    other_version=item.version,
                    plugin=plugin,
                )
            _, other = granted.setdefault(item.key, (item, plugin))
            if granted[item.key][0] is not item:
                raise RuleProblem(
                    "{subject} mendapat {rule} untuk {beneficiary} dua kali:"
                    " dari plugin {other} dan plugin {plugin}."
                    " Matikan salah satunya, lalu hitung lagi.",
                    subject=item.subject,
                    rule=item.rule,
                    beneficiary=item.beneficiary.value,
                    other=other,
                    plugin=plugin,
                )
    return [granted[key][0] for key in sorted(granted)]


def lines_hash(agent_id: int, office_id: int, month: date, items: Iterable[Item]) -> bytes:
    """A hash of all amounts that a statement grants, and of their beneficiaries."""
    granted = [
        [
            *item.key,
            item.version,
            item.amount_idr,
            item.reason.text,
            sorted(item.reason.values.items()),
        ]
        for item in sorted(items, key=lambda item: item.key)
    ]
    content = [agent_id, office_id, month.isoformat(), granted]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def reason_as_json(reason: Message) -> dict[str, Any]:
    """A reason as it is stored."""
    return {"text": reason.text, "values": dict(reason.values)}


def reason_from_json(stored: dict[str, Any]) -> Message:
    """A stored reason."""
    return Message(text=stored["text"], values=stored["values"])


def _checked(
    plugin: str,
    line: CommissionLine,
    month: AgentMonth,
    known: set[tuple[int, date]],
    sentences: set[tuple[str, ...]],
) -> Item:
    fault = _fault(line, known) or _fault_of_reason(line.reason, sentences)
    if fault:
        raise RuleProblem(
            fault,
            plugin=plugin,
            rule=line.rule,
            amount=repr(line.amount_idr),
            most=_NAME_LENGTH,
            worker_id=line.worker_id,
            month=line.month,
            holes=line.reason.holes(),
        )
    return Item(
        rule=line.rule,
        version=line.version,
        beneficiary=line.beneficiary,
        subject=_subject(line, month),
        amount_idr=line.amount_idr,
        reason=line.reason,
        worker_id=line.worker_id,
        month=line.month,
    )


def _fault(line: CommissionLine, known: set[tuple[int, date]]) -> str:
    """What is wrong with a line, as text with {places} for `_checked` to fill; empty if valid."""
    fault = ""
    if type(line.amount_idr) is not int or line.amount_idr == 0:
        fault = _IN_RULE + "jumlah {amount} bukan rupiah bulat selain nol. Perbaiki pluginnya."
    elif not all(0 < len(name) <= _NAME_LENGTH for name in (line.rule, line.version)):
        fault = (
            _IN_RULE + "nama aturan dan versinya perlu 1 sampai {most} huruf. Perbaiki pluginnya."
        )
    elif (line.worker_id is None) != (line.month is None):
        fault = _IN_RULE + "pekerja dan bulan iuran harus disebut bersama. Perbaiki pluginnya."
    elif line.worker_id is not None and (line.worker_id, line.month) not in known:
        fault = (
            _IN_RULE + "iuran pekerja {worker_id} bulan {month} tidak ada dalam dasar hitungan."
            " Perbaiki pluginnya."
        )
    return fault


def _fault_of_reason(reason: Message, sentences: set[tuple[str, ...]]) -> str:
    if not all(isinstance(value, str | int) for value in reason.values.values()):
        return _IN_RULE + "isi alasannya harus teks atau bilangan bulat. Perbaiki pluginnya."
    form = (reason.text, *reason.values)
    if form not in sentences:
        if reason.holes():
            return _IN_RULE + "kalimat alasannya berlubang ({holes}). Perbaiki pluginnya."
        sentences.add(form)
    return ""


def _subject(line: CommissionLine, month: AgentMonth) -> str:
    if line.worker_id is None:
        return f"agent:{month.agent_id}:{month.month:%Y-%m}"
    return f"worker:{line.worker_id}:{line.month:%Y-%m}"
