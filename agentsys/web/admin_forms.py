"""The forms of admins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import LazyString
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from agentsys.people.models import AgentStatus, OfficeKind
from agentsys.people.offices import DEFAULT_ZONE, ZONES
from agentsys.web.forms import Form, RupiahField
from agentsys.web.texts import lazy

_APPOINTED_HINT = lazy(
    "Hanya untuk agen yang sudah diangkat sebelum kantor memakai agentsys. Agen baru menjadi calon"
    " sampai lulus ujian dan suratnya lengkap."
)
ROLE_LABELS = {
    "agent": lazy("Agen"),
    "supervisor": lazy("Penyelia"),
    "finance": lazy("Keuangan"),
    "admin": lazy("Admin"),
    "auditor": lazy("Auditor"),
}
STATUS_LABELS = {
    AgentStatus.CANDIDATE: lazy("Calon"),
    AgentStatus.ACTIVE: lazy("Aktif"),
    AgentStatus.SUSPENDED: lazy("Ditangguhkan"),
    AgentStatus.LEFT: lazy("Berhenti"),
}

OFFICE_KINDS = {
    OfficeKind.BRANCH: lazy("Cabang"),
    OfficeKind.WADAH: lazy("Wadah"),
    OfficeKind.AGENCY: lazy("Keagenan"),
}

ACTIONS = {
    "enable": lazy("Buka akun"),
    "reset": lazy("Sandi baru"),
    "disable": lazy("Tutup akun"),
}


def actions_for(*, active: bool) -> tuple[str, ...]:
    """What an admin may do with an account."""
    return ("reset", "disable") if active else ("enable",)


def chosen_id(number: str | None) -> int | None:
    """The id that a select of people sends; None if nobody was chosen."""
    return int(number) if number else None


def role_words(roles: Collection[str]) -> str:
    """The labels of roles."""
    return ", ".join(str(label) for role, label in ROLE_LABELS.items() if role in roles)


class MultiCheckboxField(SelectMultipleField):
    """One tick for each role."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: LazyString, **options: Any) -> None:
        choices = [SelectChoice(role, words) for role, words in ROLE_LABELS.items()]
        super().__init__(label, choices=choices, **options)

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse an unknown role, with our own message."""
        if set(self.data or ()) - ROLE_LABELS.keys():
            raise ValidationError(lazy("Pilih salah satu yang ada di daftar."))


class UserForm(Form):
    """A new user; an agent also gets a code and may get a supervisor."""

    name = StringField(lazy("Nama"), validators=[InputRequired(), Length(max=120)])
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
    email = StringField(lazy("E-mail"), validators=[Length(max=254)])
    roles = MultiCheckboxField(
        lazy("Peran"), description=lazy("Seseorang boleh punya beberapa peran.")
    )
    office = SelectField(lazy("Kantor"))
    code = StringField(lazy("Kode agen"), validators=[Length(max=20)])
    area = StringField(lazy("Wilayah"), validators=[Length(max=80)])
    supervisor = SelectField(lazy("Penyelia"))
    appointed_on = DateField(
        lazy("Diangkat pada"), validators=[Optional()], description=_APPOINTED_HINT
    )


class RolesForm(Form):
    """The roles of an existing user; a new agent also gets a code."""

    roles = MultiCheckboxField(
        lazy("Peran"), description=lazy("Seseorang boleh punya beberapa peran.")
    )
    code = StringField(lazy("Kode agen"), validators=[Length(max=20)])
    area = StringField(lazy("Wilayah"), validators=[Length(max=80)])
    supervisor = SelectField(lazy("Penyelia"))
    appointed_on = DateField(
        lazy("Diangkat pada"), validators=[Optional()], description=_APPOINTED_HINT
    )


class OfficeForm(Form):
    """An office: its code, name, place and time zone."""

    code = StringField(lazy("Kode kantor"), validators=[InputRequired(), Length(max=20)])
    name = StringField(lazy("Nama kantor"), validators=[InputRequired(), Length(max=120)])
    city = StringField(lazy("Kota atau kabupaten"), validators=[InputRequired(), Length(max=80)])
    zone = SelectField(
        lazy("Zona waktu"),
        choices=[SelectChoice(zone, f"{words} ({zone})") for zone, words in ZONES.items()],
        default=DEFAULT_ZONE,
    )


class OfficeDataForm(OfficeForm):
    """Everything about an office."""

    kind = SelectField(
        lazy("Jenis"),
        choices=[SelectChoice(kind.value, label) for kind, label in OFFICE_KINDS.items()],
    )
    parent = SelectField(lazy("Kantor induk"))
    contact_name = StringField(lazy("Nama narahubung"), validators=[Length(max=120)])
    contact_phone = StringField(lazy("Nomor HP narahubung"), validators=[Length(max=30)])
    contact_email = StringField(lazy("E-mail narahubung"), validators=[Length(max=254)])
    address = StringField(lazy("Alamat"), validators=[Length(max=200)])
    controller = StringField(lazy("Pengendali data"), validators=[Length(max=160)])
    pks_number = StringField(lazy("Nomor PKS"), validators=[Length(max=60)])
    pks_from = DateField(lazy("PKS mulai"), validators=[Optional()])
    pks_until = DateField(lazy("PKS berakhir"), validators=[Optional()])


class AgentForm(Form):
    """The supervisor, status and cash ceiling of an agent."""

    supervisor = SelectField(lazy("Penyelia"))
    status = SelectField(
        lazy("Status"),
        choices=[SelectChoice(status.value, label) for status, label in STATUS_LABELS.items()],
        validators=[InputRequired()],
    )
    ceiling = RupiahField(lazy("Batas titipan tunai"), validators=[InputRequired()])
