"""The list of choices of a form is written as WTForms writes it."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import Select

from agentsys.web.forms import Form

CHOICES = [
    SelectChoice("", "Semua"),
    SelectChoice("1", "<b>&\"'"),
    SelectChoice("x", ""),
    SelectChoice("o\"'", "Aktif", {"disabled": True}),
    SelectChoice("y", "<Y>"),
]
GROUPED = [SelectChoice("x", "X", optgroup="A"), SelectChoice("y", "<Y>", optgroup="B")]


class Chosen(Form):
    """Fields for one answer, for several, and in groups, each with every kind of choice."""

    one = SelectField("Satu", choices=CHOICES)
    several = SelectMultipleField("Beberapa", choices=CHOICES)
    grouped = SelectField("Kelompok", choices=GROUPED)


@pytest.mark.parametrize("name", ["one", "several", "grouped"])
@pytest.mark.parametrize("answer", ["", "x", "1", "y"])
def test_choices_are_written_as_wtforms_writes_them(app: Flask, name: str, answer: str) -> None:
    with app.test_request_context():
        form = Chosen(MultiDict({name: answer}), meta={"csrf": False})
        ours = form[name](**{"class": "wide", "required": False})
        form[name].widget = _same(form[name].widget)

        theirs = form[name].widget(form[name], **{"class": "wide", "required": False})

    assert ours == theirs
    assert ours.count("<option ") == len(form[name].choices)


def _same(widget: Select) -> Select:
    assert type(widget) is not Select
    return Select(multiple=widget.multiple)
