"""Every text that people read, as Babel extracts it: gettext calls, and the sentences of services.

Services return and raise Indonesian sentences, and pages translate them. So these constants are
extracted without any mark: whole sentences, the `text` of a refusal, sentences with {places},
labels of payment channels and of workers' columns, and titles of kinds of work.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

Found = tuple[int, str | None, Any, list[str]]

_LABELLED = ("PlainColumn", "PayCode", "FormField", "Bank", "CommissionRule")
_SENTENCE = re.compile(r"[A-Z{][^\n]* [^\n]*\.|\{\w+\}[^\n]* [^\n]*")


def extract(
    fileobj: IO[bytes],
    keywords: Collection[str],
    comment_tags: Collection[str],
    options: dict[str, Any],
) -> Iterator[Found]:
    """The messages of one Python file: marked texts, and texts that look like a sentence."""
    content = fileobj.read()
    marked = list(extract_python(io.BytesIO(content), keywords, comment_tags, options))
    yield from marked
    known = {
        text for _, _, texts, _ in marked for text in (texts if type(texts) is tuple else (texts,))
    }
    for line, text in sentences(ast.parse(content)):
        if text not in known:
            yield line, None, text, []


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The unmarked texts of a module with their lines."""
    constants = named_texts(tree)
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _of_class(node)
        if isinstance(node, ast.Call):
            yield from _of_kind(node)
            yield from _of_setting(node)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            skipped |= set(ast.walk(node.body[0])) if ast.get_docstring(node) else set()
        elif isinstance(node, ast.JoinedStr):
            skipped |= set(ast.walk(node))
        elif isinstance(node, ast.BinOp) and node not in skipped:
            whole = joined(node, constants)
            if whole and _SENTENCE.fullmatch(whole):
                skipped |= set(ast.walk(node))
                yield node.lineno, whole
        elif (
            isinstance(node, ast.Constant)
            and node not in skipped
            and isinstance(node.value, str)
            and _SENTENCE.fullmatch(node.value)
        ):
            yield node.lineno, node.value


def _of_class(node: ast.ClassDef) -> Iterator[tuple[int, str]]:
    """A refusal's `text`, and a channel's `label` and `group`."""
    for line in node.body:
        match line:
            case (
                ast.Assign(
                    targets=[ast.Name(id="text" | "label" | "group")],
                    value=ast.Constant(value=str(text)),
                )
                | ast.AnnAssign(target=ast.Name(id="label"), value=ast.Constant(value=str(text)))
            ):
                yield line.lineno, text


def _of_setting(node: ast.Call) -> Iterator[tuple[int, str]]:
    """What a setting of a commission rule says: its label, its help, and its choices."""
    if not isinstance(node.func, ast.Name) or node.func.id != "RuleSetting":
        return
    for given in node.keywords:
        match given:
            case ast.keyword(arg="label" | "help", value=ast.Constant(value=str(text))):
                if given.arg == "label" or not _SENTENCE.fullmatch(text):
                    yield node.lineno, text
            case ast.keyword(arg="choices", value=ast.Tuple(elts=choices)):
                for choice in choices:
                    match choice:
                        case ast.Tuple(elts=[_, ast.Constant(value=str(text))]):
                            yield node.lineno, text


def _of_kind(node: ast.Call) -> Iterator[tuple[int, str]]:
    """The title of a kind of work or a guide, and the label of a column, a code or a field."""
    label = isinstance(node.func, ast.Name) and node.func.id in _LABELLED
    for given in node.keywords:
        match given:
            case ast.keyword(arg="title" | "label" as name, value=ast.Constant(value=str(text))):
                if name == "title" or label:
                    yield node.lineno, text


def named_texts(tree: ast.Module) -> dict[str, str]:
    """The constants of a module that are texts, by their names."""
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def joined(node: ast.expr, constants: Mapping[str, str]) -> str:
    """Texts and named texts put together with +; empty when there is anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name, "")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = joined(left, constants), joined(right, constants)
            return "".join(parts) if all(parts) else ""
    return ""
