"""The forms for months that were paid elsewhere."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.contributions.earlier_models import EarlierKind
from agentsys.web.forms import Form, MonthField
from agentsys.web.texts import lazy

KINDS = {
    EarlierKind.ELSEWHERE: lazy("Cara lain (JMO, Indomaret)"),
    EarlierKind.BEFORE: lazy("Sebelum memakai agentsys"),
    EarlierKind.MERGED: lazy("Di catatan lain yang digabung"),
}
_CHOICES = [SelectChoice(kind.value, label) for kind, label in KINDS.items()]


class EarlierForm(Form):
    """Months of one worker, and what shows that BPJS has the money."""

    from_month = MonthField(lazy("Dari bulan"), validators=[InputRequired()])
    last_month = MonthField(lazy("Sampai bulan"), validators=[InputRequired()])
    kind = SelectField(lazy("Jenis"), choices=_CHOICES, validators=[InputRequired()])
    evidence = StringField(
        lazy("Bukti"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Nomor bukti bayar, atau siapa yang mengatakannya."),
    )


class PasteForm(Form):
    """A list of workers with their months."""

    kind = SelectField(lazy("Jenis"), choices=_CHOICES, validators=[InputRequired()])
    table = TextAreaField(
        lazy("Tempel tabel"),
        description=lazy("Dengan judul kolom: NIK atau KPJ, DARI BULAN, SAMPAI BULAN, BUKTI."),
    )
    file = FileField(lazy("Atau pilih berkas (CSV atau XLSX)"))
