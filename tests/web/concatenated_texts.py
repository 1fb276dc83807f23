"""Finds sentences that code builds from parts, so that they cannot be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from agentsys.messages import Message
from tests.web.text_extraction import joined, named_texts

# Texts of these modules are printed on a terminal only, or read by nobody.
_TERMINAL = re.compile(
    r"agentsys/(backup|cli|commands_\w+|config|crypto|launcher|processes)\.py|agentsys/(postgres|demo|extension|migrations)/"
)
_SENTENCE = re.compile(r"[A-Z{][^\n]* [^\n]*[.!?]")
_SHOW = {"_", "gettext", "ngettext", "pgettext", "lazy", "translated", "flash"}


def sources(root: Path) -> dict[str, ast.Module]:
    """Every module of agentsys and the plugins, by its path."""
    paths = (
        path for part in ("agentsys", "plugins") for path in sorted((root / part).rglob("*.py"))
    )
    return {str(path.relative_to(root)): ast.parse(path.read_text("utf-8")) for path in paths}


def refusals(modules: Iterable[ast.Module]) -> set[str]:
    """The names of Refused and of all that inherit from it."""
    bases = {
        (node.name, _name(base))
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    found = {"Refused"}
    while more := {name for name, base in bases if base in found} - found:
        found |= more
    return found


def faults(path: str, module: ast.Module, kinds: set[str]) -> Iterator[str]:
    """The wrong texts of one module, with their lines."""
    constants = named_texts(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            for fault in _of_call(node, kinds, constants):
                yield f"{path}:{node.lineno}: {fault}"
        elif (
            isinstance(node, ast.JoinedStr)
            and not _TERMINAL.match(path)
            and _SENTENCE.fullmatch(_outline(node))
        ):
            yield f"{path}:{node.lineno}: a sentence is composed"


def _of_call(node: ast.Call, kinds: set[str], constants: Mapping[str, str]) -> Iterator[str]:
    name = _name(node.func)
    given: dict[str, ast.expr] = {each.arg: each.value for each in node.keywords if each.arg}
    if name in kinds and node.args:
        text, values, whole = node.args[0], set(given), all(each.arg for each in node.keywords)
    elif name == "Message" and "text" in given:
        text, stored = given["text"], given.get("values", ast.Dict(keys=[], values=[]))
        keys = stored.keys if isinstance(stored, ast.Dict) else [None]
        values = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
        whole = len(values) == len(keys)
    elif name in _SHOW and any(map(_composed, node.args)):
        yield f"{name}() shows what is composed"
        return
    else:
        return
    if _composed(text):
        yield f"{name}() says what is composed; give it places, and their values beside it"
    elif whole:
        holes = Message(text=joined(text, constants), values=dict.fromkeys(values)).holes()
        if holes:
            yield f"{name}() has no value for {', '.join(holes)}"


def _composed(text: ast.expr) -> bool:
    return any(
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod))
        or (isinstance(node, ast.Call) and _name(node.func) in ("format", "join"))
        for node in ast.walk(text)
    )


def _outline(node: ast.JoinedStr) -> str:
    """The text with {x} for each value."""
    parts = (part.value if isinstance(part, ast.Constant) else "{x}" for part in node.values)
    return "".join(map(str, parts)).strip()


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
