"""The forms of a worker's page."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.memberships.ending import CHOICES
from agentsys.web.eligibility_words import CONFIRM
from agentsys.web.forms import Form, MonthField
from agentsys.web.texts import lazy
from agentsys.web.workers.change_words import PROGRAMMES, WORK
from agentsys.web.workers.words import END_REASONS, HOW
from agentsys.workers.kinds import Programmes, RegisteredHow


class EndForm(Form):
    """Why and when a membership ends, and what shows it."""

    reason = SelectField(
        lazy("Alasan"),
        choices=[SelectChoice("", lazy("Pilih alasan"))]
        + [SelectChoice(reason.value, END_REASONS[reason]) for reason in CHOICES],
        validators=[InputRequired()],
    )
    happened_on = DateField(
        lazy("Tanggal kejadian"),
        validators=[InputRequired()],
        description=lazy("Bulan itu masih termasuk; bulan sesudahnya tidak ditagih lagi."),
    )
    note = StringField(
        lazy("Bukti"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya nomor akta kematian, atau dari siapa kabarnya."),
    )


class ResumeForm(Form):
    """From when a worker is a member again, and with which package."""

    from_month = MonthField(lazy("Mulai bulan"), validators=[InputRequired()])
    programmes = SelectField(
        lazy("Program"),
        choices=[SelectChoice(kind.value, PROGRAMMES[kind]) for kind in Programmes],
        validators=[InputRequired()],
    )
    work = SelectField(
        lazy("Cara bekerja"),
        choices=[SelectChoice("", lazy("Tanyakan, lalu pilih"))]
        + [SelectChoice(kind.value, label) for kind, label in WORK.items()],
        validators=[InputRequired()],
    )
    confirm_warnings = BooleanField(CONFIRM)


class RegisteredForm(Form):
    """The number that BPJS gave a worker."""

    kpj = StringField(
        lazy("Nomor KPJ"),
        validators=[InputRequired(), Length(max=30)],
        description=lazy("Salin dari portal BPJS, biasanya 11 angka."),
    )
    registered_on = DateField(lazy("Tanggal terdaftar di BPJS"), validators=[InputRequired()])
    how = SelectField(
        lazy("Didaftarkan lewat"),
        choices=[
            SelectChoice(how.value, HOW[how])
            for how in (RegisteredHow.PORTAL, RegisteredHow.LIST, RegisteredHow.ELSEWHERE)
        ],
        validators=[InputRequired()],
    )


class RefusedForm(Form):
    """Why BPJS refused a worker's data."""

    reason = StringField(
        lazy("Alasan BPJS menolak"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Agen membacanya, lalu memperbaiki datanya."),
    )
