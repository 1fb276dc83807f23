"""The forms of tariff tables, and the words of their kinds."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.contributions.tariff_models import (
    LONGEST_INSTRUMENT,
    LONGEST_SOURCE,
    TariffCertainty,
    TariffKind,
)
from agentsys.web.forms import Form
from agentsys.web.texts import lazy

KINDS = {
    TariffKind.JKK: lazy("JKK, menurut penghasilan"),
    TariffKind.JKM: lazy("JKM"),
    TariffKind.JHT: lazy("JHT, menurut penghasilan"),
    TariffKind.DISCOUNT: lazy("Keringanan"),
}
CERTAINTIES = {
    TariffCertainty.SOURCED: lazy("dibaca di sumbernya"),
    TariffCertainty.SECONDARY: lazy("dari sumber kedua, perlu dipastikan"),
    TariffCertainty.UNSURE: lazy("belum dipastikan"),
}
SECTORS = {"transport": lazy("Transportasi"), "other": lazy("Di luar transportasi")}


class _HeadForm(Form):
    kind = SelectField(
        lazy("Tabel"), choices=[SelectChoice(kind.value, label) for kind, label in KINDS.items()]
    )
    source = StringField(
        lazy("Sumber"),
        validators=[InputRequired(), Length(max=LONGEST_SOURCE)],
        description=lazy("Di mana peraturannya dibaca: nomor, pasal, alamat."),
    )


class UploadForm(_HeadForm):
    """A tariff table as a file."""

    file = FileField(lazy("Berkas CSV atau XLSX"))


class ScreenForm(_HeadForm):
    """The head of a table that is written on a screen; its rows are not of the form."""

    instrument = StringField(
        lazy("Peraturan"), validators=[InputRequired(), Length(max=LONGEST_INSTRUMENT)]
    )
    valid_from = StringField(
        lazy("Berlaku mulai bulan"),
        validators=[InputRequired(), Length(max=10)],
        description=lazy("Tulis seperti 2027-01."),
    )
    valid_until = StringField(
        lazy("Sampai dengan bulan"),
        validators=[Length(max=10)],
        description=lazy("Kosong: sampai ada tabel baru."),
    )
    certainty = SelectField(
        lazy("Seberapa pasti"),
        choices=[SelectChoice(each.value, label) for each, label in CERTAINTIES.items()],
    )
