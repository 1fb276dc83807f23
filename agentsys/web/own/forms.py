"""The form on which a worker agrees to auto-debit."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from agentsys.payments.mandate_models import Relation
from agentsys.payments.mandates.rules import FIRST_DAY, LATEST_DAY
from agentsys.web.forms import Form, RupiahField
from agentsys.web.texts import lazy

RELATIONS = {
    Relation.SELF: lazy("Saya sendiri"),
    Relation.SPOUSE: lazy("Suami atau istri"),
    Relation.CHILD: lazy("Anak"),
    Relation.PARENT: lazy("Orang tua"),
    Relation.SIBLING: lazy("Saudara"),
    Relation.OTHER: lazy("Orang lain"),
}
_DAYS = NumberRange(FIRST_DAY, LATEST_DAY, message=lazy("Pilih tanggal debit 1 sampai 28."))


class ConsentForm(Form):
    """What a payer agrees to."""

    key = HiddenField()
    channel = SelectField(lazy("Akun"))
    relation = RadioField(
        lazy("Milik siapa akunnya?"),
        choices=[SelectChoice(relation.value, label) for relation, label in RELATIONS.items()],
        default=Relation.SELF.value,
    )
    holder_name = StringField(
        lazy("Nama pemilik akun"), validators=[InputRequired(), Length(max=100)]
    )
    phone = StringField(
        lazy("Nomor HP akun"),
        validators=[Length(max=30)],
        description=lazy("Nomor yang terdaftar di akun itu. Untuk kartu tidak perlu diisi."),
    )
    debit_day = IntegerField(
        lazy("Tanggal debit tiap bulan"),
        validators=[InputRequired(), _DAYS],
        description=lazy("Tanggal 1 sampai 28. Hari libur digeser ke hari kerja berikutnya."),
        default=10,
    )
    cap_idr = RupiahField(lazy("Paling banyak sekali debit"), validators=[InputRequired()])
    month_cap_idr = RupiahField(lazy("Paling banyak sebulan"), validators=[InputRequired()])
    agree = BooleanField(
        lazy("Saya sudah membaca, dan saya setuju."),
        validators=[InputRequired(lazy("Centang bila Anda setuju. Tanpa itu tidak ada debit."))],
    )


class DayForm(Form):
    """Another day of the month."""

    new_day = IntegerField(lazy("Tanggal debit tiap bulan"), validators=[InputRequired(), _DAYS])
