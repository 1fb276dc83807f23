"""The form for an heir, for agents and the office."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.web.benefit_words import RELATIONS
from agentsys.web.forms import Form
from agentsys.web.texts import lazy


class HeirForm(Form):
    """Who it is, and how to reach the person."""

    name = StringField(lazy("Nama ahli waris"), validators=[InputRequired(), Length(max=120)])
    relation = SelectField(
        lazy("Hubungan dengan pekerja"),
        choices=[SelectChoice("", lazy("Pilih hubungan"))]
        + [SelectChoice(relation.value, label) for relation, label in RELATIONS.items()],
        validators=[InputRequired()],
    )
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
