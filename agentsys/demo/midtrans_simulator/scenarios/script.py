"""Scripts: actions at a time or upon a change of state, written in TOML or Python."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from agentsys.demo.midtrans_simulator.scenarios.actions import KIND_OF_ACTION, SUBJECTS

FIRST_STATUS = {
    "order": "pending",
    "account": "PENDING",
    "card": "",
    "payout": "queued",
    "subscription": "active",
}
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_KNOWN = {"when", "at", "after", "do", "times", "with", *(k for k in SUBJECTS if k)}


@dataclass(kw_only=True)
class Step:
    """One action, at a time or upon a change.

    A step with a `when` acts on every order (account, payout, subscription) whose id fits the
    pattern, each time it reaches the status. One without acts once, on the subject that it names.
    """

    do: str
    kind: str = ""  # of the subject: order, account, payout, subscription
    subject: str = ""  # its id; a pattern, if the step waits for a change
    status: str = ""  # the step waits until the subject has it
    after_s: float = 0.0  # from the script's start, or from the change
    times: int = -1
    wish: dict[str, Any] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether a change of state triggers it, instead of a time."""
        return bool(self.status)

    def fits(self, kind: str, ids: tuple[str, ...], status: str) -> bool:
        """Whether this change triggers the step."""
        return (
            self.kind == kind
            and self.status in (status, "any")
            and self.times != 0
            and any(fnmatchcase(each, self.subject) for each in ids)
        )


def steps_of_file(path: Path) -> list[Step]:
    """The steps in a TOML file; ValueError says which step is wrong, and how."""
    return steps_of_text(path.read_text(encoding="utf-8"))


def steps_of_text(text: str) -> list[Step]:
    """The steps in a TOML text; ValueError says which step is wrong, and how."""
    return steps_of(tomllib.loads(text).get("step", []))


def steps_of(wishes: Any) -> list[Step]:
    """The steps that these objects ask for; ValueError says which one is wrong, and how."""
    if not isinstance(wishes, list):
        raise ValueError("a script is a list of steps: [[step]]")
    steps = []
    for number, wish in enumerate(wishes, 1):
        try:
            steps.append(_step(wish))
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    return steps


def _step(wish: Any) -> Step:
    if not isinstance(wish, dict):
        raise ValueError("a step is an object")
    do, when = wish.get("do"), wish.get("when", {})
    if do not in KIND_OF_ACTION:
        raise ValueError(f"do takes one of {', '.join(KIND_OF_ACTION)}")
    if not isinstance(when, dict) or set(when) - {"status", *SUBJECTS}:
        raise ValueError("when takes order, account, payout or subscription, and status")
    kind, pattern = _subject(when)
    if when and not kind:
        raise ValueError("when names an order, an account, a payout or a subscription")
    own_kind, own = _subject(wish)
    needed = KIND_OF_ACTION[do]
    if needed and needed not in (kind, own_kind):
        raise ValueError(f"{do} needs {needed} = ..., in the step or in its when")
    if kind and own_kind:
        raise ValueError(f"{own_kind} stands in when, or in the step, not in both")
    if "at" in wish and (when or "after" in wish):
        raise ValueError("at counts from the start; a step with a when takes after")
    times = wish.get("times", -1)
    if type(times) is not int:
        raise ValueError("times takes a whole number")
    return Step(
        do=do,
        kind=kind or own_kind,
        subject=pattern or own,
        status=str(when.get("status", FIRST_STATUS[kind])) if kind else "",
        after_s=seconds(wish.get("at", wish.get("after", 0))),
        times=times,
        wish=_own_wish(wish),
    )


def _own_wish(wish: dict[str, Any]) -> dict[str, Any]:
    named = wish.get("with", {})
    if not isinstance(named, dict):
        raise ValueError("with takes an object")
    own = {name: value for name, value in wish.items() if name not in _KNOWN}
    if wish["do"] == "fault" and "when" not in wish and "times" in wish:
        own["times"] = wish["times"]  # answers to spoil: a step at a time acts once anyhow
    return {**own, **named}


def _subject(wish: dict[str, Any]) -> tuple[str, str]:
    for kind in SUBJECTS:
        if kind and kind in wish:
            return kind, str(wish[kind])
    return "", ""


def seconds(wish: Any) -> float:
    """A duration such as 90, "90s", "15m", "1d12h", in seconds; ValueError for anything else."""
    if isinstance(wish, int | float) and not isinstance(wish, bool) and wish >= 0:
        return float(wish)
    parts = _DURATION.findall(str(wish))
    if not parts or "".join(n + u for n, u in parts) != wish:
        raise ValueError(f'a time is written as 90, "90s", "15m" or "1d12h", not {wish!r}')
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)
