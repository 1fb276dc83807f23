"""No service and no view builds a sentence from parts: it could not be translated."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.web.concatenated_texts import faults, refusals, sources


def test_no_sentence_is_composed_and_every_place_has_its_value(here: Path) -> None:
    modules = sources(here)
    kinds = refusals(modules.values())

    found = [each for path, module in modules.items() for each in faults(path, module, kinds)]

    assert {"Invalid", "RuleProblem", "NoRule", "OtherCount", "FileRefused"} <= kinds
    assert "GatewayRefused" not in kinds
    assert found == []


def test_no_page_shows_a_refusal_in_indonesian_whatever_its_language(here: Path) -> None:
    views = [module for path, module in sources(here).items() if path.startswith("agentsys/web/")]

    shown = [
        ast.unparse(node)
        for module in views
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node) in ("str(refused)", "str(error)", "refused.message.sentence()")
    ]

    assert shown == []


@pytest.mark.parametrize(
    "code",
    [
        'raise Invalid(f"Bulan {month} belum ada.")',
        'raise errors.Conflict(f"{month:%Y-%m} belum ada", month=month)',
        'raise Odd("Bulan %s belum ada." % month)',
        'raise Odd("Bulan {} belum ada.".format(month))',
        'raise Odd("Bulan " + ", ".join(months) + " belum ada.", months=months)',
        'raise Odd("Bulan {month} belum ada.", year=2026)',
        'TEXT = "Bulan {month} belum ada."\nraise Odd(TEXT)',
        'raise Odd(Message(text="Bulan {month} belum ada.", values={"year": 2026}))',
        'return Message(text=f"Bulan {month} belum ada.")',
        'said = f"Bulan {month} belum ada."\nraise Odd(said)',
        'flash(_(f"Bulan {month}"), "error")',
        'flash("Bulan %s" % month, "error")',
        'return render_template("page.html", error=f"{month} belum ada.")',
    ],
)
def test_a_composed_sentence_is_found(code: str) -> None:
    module = ast.parse(f"class Odd(Conflict):\n    '''Aneh.'''\n{code}")
    kinds = refusals(
        [module, ast.parse("class Conflict(Refused): ...\nclass Invalid(Refused): ...")]
    )

    assert list(faults("agentsys/web/x.py", module, kinds))


@pytest.mark.parametrize(
    "code",
    [
        'raise Odd("Bulan {month} belum ada.", month=month, worker_id=7)',
        'raise Odd("Bulan {month} belum ada.", **facts)',
        'raise Odd(Message(text="Bulan {month} belum ada.", values={"month": month}))',
        "raise Odd(said, month=month)",
        'raise ValueError(f"bukan bulan: {text!r}")',
        'flash(_("Bulan %(month)s belum ada.", month=month), "error")',
        'subject = f"worker:{worker_id}"',
    ],
)
def test_a_sentence_with_places_is_left_alone(code: str) -> None:
    module = ast.parse(f"class Odd(Conflict):\n    '''Aneh.'''\n{code}")

    assert list(faults("agentsys/web/x.py", module, {"Odd"})) == []
