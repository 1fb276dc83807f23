"""What is wrong with settings, in the language of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from agentsys.console_texts import console_text as _


def _wrong(problem: Mapping[str, Any]) -> str:
    """What is wrong with one setting."""
    limits = problem.get("ctx", {})
    wanted: str = problem["msg"].removeprefix("Value error, ")
    match problem["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            wanted = _("harus bilangan bulat")
        case "bool_parsing" | "bool_type":
            wanted = _("harus true atau false")
        case "greater_than_equal":
            wanted = _("harus paling sedikit {least}", least=str(limits["ge"]))
        case "less_than_equal":
            wanted = _("harus paling banyak {most}", most=str(limits["le"]))
        case "string_pattern_mismatch":
            choices = limits["pattern"].strip("^$()").split("|")
            wanted = _("harus salah satu dari {choices}", choices=choices)
        case "extra_forbidden":
            wanted = _("setelan ini tidak dikenal")
    return wanted


def explain(error: ValidationError, prefix: str) -> str:
    """What is wrong with the settings, one line for each."""
    lines = []
    for problem in error.errors():
        name = prefix + str(problem["loc"][0]).upper() if problem["loc"] else ""
        message = _wrong(problem)
        lines.append(f"{name}: {message}" if name else message)
    return "\n".join(lines)
