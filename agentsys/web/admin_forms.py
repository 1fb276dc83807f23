"""What an admin types."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.people.models import AgentStatus, RoleName
from agentsys.web.forms import Form, RupiahField
from agentsys.web.texts import lazy

ROLE_LABELS = {
    RoleName.AGENT: lazy("Agen"),
    RoleName.SUPERVISOR: lazy("Pembina"),
    RoleName.FINANCE: lazy("Keuangan"),
    RoleName.ADMIN: lazy("Admin"),
    RoleName.AUDITOR: lazy("Auditor"),
}
STATUS_LABELS = {
    AgentStatus.ACTIVE: lazy("Aktif"),
    AgentStatus.SUSPENDED: lazy("Ditangguhkan"),
    AgentStatus.LEFT: lazy("Berhenti"),
}


class UserForm(Form):
    """A new user; an agent also gets a code and may get a supervisor."""

    name = StringField(lazy("Nama"), validators=[InputRequired(), Length(max=120)])
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
    email = StringField(lazy("E-mail"), validators=[Length(max=254)])
    role = SelectField(
        lazy("Peran"),
        choices=[SelectChoice(role.value, label) for role, label in ROLE_LABELS.items()],
        validators=[InputRequired()],
    )
    office = SelectField(lazy("Kantor"))
    code = StringField(lazy("Kode agen"), validators=[Length(max=20)])
    area = StringField(lazy("Wilayah"), validators=[Length(max=80)])
    supervisor = SelectField(lazy("Pembina"))


class AgentForm(Form):
    """Who leads an agent, whether the agent works, and how much cash the agent may hold."""

    supervisor = SelectField(lazy("Pembina"))
    status = SelectField(
        lazy("Keadaan"),
        choices=[SelectChoice(status.value, label) for status, label in STATUS_LABELS.items()],
        validators=[InputRequired()],
    )
    ceiling = RupiahField(lazy("Batas titipan tunai"), validators=[InputRequired()])
