"""Forms of the facts that decide whom a sponsor pays for."""

from __future__ import annotations

from flask_wtf.file import FileRequired
from wtforms import DateField, FileField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.agreements.kinds import FactKind
from agentsys.sponsors.fact_reading import YES
from agentsys.web.forms import Form, MonthField
from agentsys.web.sponsors.words import CERTAINTIES, FACTS
from agentsys.web.texts import lazy


class FactsForm(Form):
    """A list of facts, and where it is from."""

    file = FileField(lazy("Berkas"), validators=[FileRequired()])
    office = SelectField(lazy("Kantor"), coerce=int)
    source = StringField(
        lazy("Sumber"),
        validators=[InputRequired(), Length(max=80)],
        description=lazy("Misalnya DTSEN, P3KE, atau nama dinasnya."),
    )
    version = StringField(
        lazy("Versi"),
        validators=[InputRequired(), Length(max=40)],
        description=lazy("Misalnya 2026 triwulan 3."),
    )
    data_on = DateField(lazy("Data per tanggal"), validators=[InputRequired()])
    certainty = SelectField(
        lazy("Seberapa pasti"),
        choices=[SelectChoice(each.value, label) for each, label in CERTAINTIES.items()],
        description=lazy("Data yang belum pasti tidak membuat siapa pun kehilangan sponsor."),
    )


class CriteriaForm(Form):
    """What an agreement asks of its workers; empty fields ask nothing."""

    decile = SelectField(
        FACTS[FactKind.DECILE],
        choices=[
            SelectChoice("", lazy("Tidak disyaratkan")),
            *(SelectChoice(str(each), f"1 – {each}") for each in range(1, 11)),
        ],
        default="",
    )
    poor = SelectField(
        FACTS[FactKind.POOR],
        choices=[
            SelectChoice("", lazy("Tidak disyaratkan")),
            SelectChoice(YES, lazy("Harus terdaftar")),
        ],
        default="",
    )
    occupation = StringField(
        FACTS[FactKind.OCCUPATION],
        validators=[Length(max=200)],
        description=lazy("Seperti tertulis di datanya, dipisahkan koma. Kosong: semua."),
    )


class EndLostForm(Form):
    """From which month those are not paid for who lost it, and by what."""

    month = MonthField(lazy("Bulan pertama yang tidak dibayar"), validators=[InputRequired()])
    note = StringField(
        lazy("Dasarnya"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya nomor surat dinas sosial."),
    )
    shown = HiddenField()
