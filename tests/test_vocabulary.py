"""Code and documentation use standard terms: words that only insiders understand are refused."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

# Words that had a private meaning here, and what to write instead. Forms of a word are listed.
PRIVATE = {
    "culprit culprits": "the plugin that failed",
    "deed deeds": "action, change",
    "desk desks": "approval list, cases, office user; the layout is called desktop",
    "door doors doorbell": "endpoint, function, adapter",
    "floor floors": "package, layer",
    "hears heard hearing": "received, reported",
    "house": "launcher, installation",
    "hush": "remove from the message",
    "inhabited inhabitant inhabitants": "full_office, users",
    "insistent insisted insists": "retrying",
    "lays laid lies": "is in, opens a case; of a size: is declared wrong",
    "ring rings rang rung ringing": "a callback arrives, the gateway notifies",
    "room rooms": "package, blueprint, pages",
    "spoken": "language, reported",
}
# "trail" means the audit trail and nothing else: a text that uses the word says so.
TRAIL = re.compile(r"\btrails?\b", re.IGNORECASE)
# "settle" means what a payment does when its money has arrived, and nothing else. A user decides an
# item of work; then the item is closed. In these places a text with the word names the payment.
SETTLE = re.compile(r"\bsettl(?:e|es|ed|ing)\b", re.IGNORECASE)
_PAYMENTS = re.compile(r"[Pp]ayment|SETTLED|settled_at")
NAMES_THE_PAYMENT = (
    "agentsys/work/", "agentsys/people/", "agentsys/workers/", "agentsys/commissions/",
    "agentsys/transfers/", "agentsys/listing/", "agentsys/static/", "agentsys/web/",
    "templates/", "tests/work/", "tests/people/", "tests/commissions/", "docs/work-queue.md",
)  # fmt: skip

# Legitimate uses: the file, the word, and why it is the standard term there.
ALLOWED = {
    ("tests/test_vocabulary.py", word): "the list itself, and its examples"
    for words in [*PRIVATE, "trail"]
    for word in words.split()
} | {("tests/payments/test_field_cash.py", "door"): "the name of a test that is required"}

_ROOT = Path(__file__).parents[1]
_PACKAGES = ("agentsys", "plugins", "bench", "tests")
_DOCUMENTS = ("*.md", "docs/**/*.md", "contrib/**/*")
_TEMPLATES = ("templates/**/*.html", "agentsys/demo/**/*.html")
_SCRIPTS = ("agentsys/static/*.js", "agentsys/static/*.css")
_TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
_SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|^[ \t]*//.*?$|[ \t]//\s.*?$", re.DOTALL | re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_REFUSED = {word: plain for words, plain in PRIVATE.items() for word in words.split()}

Text = tuple[int, str]


def python_texts(source: str) -> Iterator[Text]:
    """Docstrings, comments and identifiers of a module, each with its line."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 1)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield line, ast.get_docstring(node) or ""
        for field in ("name", "id", "attr", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield line, "_".join(_WORD.findall(name))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def comments(source: str, comment: re.Pattern[str]) -> Iterator[Text]:
    """The comments of a template, script or style sheet, each with its line."""
    for found in comment.finditer(source):
        yield source.count("\n", 0, found.start()) + 1, found[0]


def paragraphs(source: str) -> Iterator[Text]:
    """The paragraphs and table rows of a document, without code in backquotes."""
    line = 1
    for block in re.split(r"\n(?=\n|\||[-*] |\d+\. )", source):
        yield line, _INLINE_CODE.sub("", block)
        line += block.count("\n") + 1


def faults(texts: Iterator[Text]) -> list[tuple[int, str, str]]:
    """Each private word with its line, and what to write instead."""
    found = []
    for line, text in texts:
        for word in re.findall(r"[A-Za-z]+", text):
            if plain := _REFUSED.get(word.lower()):
                found.append((line, word.lower(), plain))
        if " " in text and TRAIL.search(text) and "audit" not in text.lower():
            found.append((line, "trail", "audit trail; of a receipt: progress"))
    return found


def settled_work(texts: Iterator[Text]) -> list[tuple[int, str, str]]:
    """Each text that uses "settle" and is not about payments, and what to write instead."""
    return [
        (line, found[0].lower(), "decide an item; an item is closed")
        for line, text in texts
        if (found := SETTLE.search(text.replace("_", " "))) and not _PAYMENTS.search(text)
    ]


def _files() -> Iterator[tuple[str, Iterator[Text]]]:
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            if "versions" not in path.parts:  # applied migrations are not rewritten
                yield _name(path), python_texts(path.read_text())
    for patterns, read in (
        (_DOCUMENTS, paragraphs),
        (_TEMPLATES, lambda source: comments(source, _TEMPLATE_COMMENT)),
        (_SCRIPTS, lambda source: comments(source, _SCRIPT_COMMENT)),
    ):
        for pattern in patterns:
            for path in sorted(_ROOT.glob(pattern)):
                if path.is_file():
                    yield _name(path), read(path.read_text())


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def test_code_and_documentation_use_standard_terms():
    wrong = [
        f"{name}:{line}: {word!r}; write: {plain}"
        for name, texts in _files()
        for line, word, plain in faults(texts)
        if (name, word) not in ALLOWED
    ]

    assert wrong == []


def test_every_exception_is_still_needed():
    used = {(name, word) for name, texts in _files() for _, word, _ in faults(texts)}

    assert {exception for exception in ALLOWED if exception[0] != _name(Path(__file__))} <= used


def test_only_payments_are_settled():
    wrong = [
        f"{name}:{line}: {word!r}; write: {plain}"
        for name, texts in _files()
        if name.startswith(NAMES_THE_PAYMENT)
        for line, word, plain in settled_work(texts)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('"""The kinds that this user may settle."""', True),
        ("kind.settled_by = 1", True),
        ("state = PaymentState.SETTLED", False),
        ("payment.settled_at = None", False),
        ('"""When the payment was settled."""', False),
    ],
)
def test_settling_anything_else_is_found(source, wrong):
    assert bool(settled_work(python_texts(source))) is wrong


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('"""The only door through which a payment changes."""', "door"),
        ("x = 1  # the gateway rang twice", "rang"),
        ("def ring_again(): pass", "ring"),
        ("class OpenDoor: pass", "door"),
        ("def take(desk_id): pass", "desk"),
        ("payment.rings = 2", "rings"),
        ("import agentsys as house", "house"),
        ('def take():\n    """Put what changed into the trail."""', "trail"),
    ],
)
def test_a_private_word_in_code_is_found(source, word):
    assert [found for _, found, _ in faults(python_texts(source))] == [word]


@pytest.mark.parametrize(
    "source",
    [
        'text = "The door of the room"',
        '"""Record it in the audit trail."""',
        "bring = string = 1  # during a string",
        "layout = 'desktop'",
    ],
)
def test_an_ordinary_word_in_code_is_accepted(source):
    assert faults(python_texts(source)) == []


def test_a_private_word_in_documents_and_comments_is_found_with_its_line():
    document = "# Title\n\nA paragraph\nover two lines.\n\n- The desk lists `desk` cases."
    template = "<p>\n{# the room of\n an agent #}</p><p>a room</p>"
    script = 'const at = "http://a";\n// the door\n'

    assert [fault[:2] for fault in faults(paragraphs(document))] == [(6, "desk")]
    assert [fault[:2] for fault in faults(comments(template, _TEMPLATE_COMMENT))] == [(2, "room")]
    assert [fault[:2] for fault in faults(comments(script, _SCRIPT_COMMENT))] == [(2, "door")]
