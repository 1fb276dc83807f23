"""The forms with which a worker's data are changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys import clock
from agentsys.changes.fields import AT_ONCE, ECOSYSTEM, GROUP, KK, PROPOSED
from agentsys.changes.fields import WORK as WORK_FIELD
from agentsys.changes.queries import Current
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.texts import lazy
from agentsys.web.workers.change_words import FUNDING, LABELS, PROGRAMMES, SECTORS, SEX, WORK
from agentsys.web.workers.group_words import ecosystem_choices, group_choices
from agentsys.workers.group_queries import GroupChoice
from agentsys.workers.kinds import Funding

_REASON = lazy("Misalnya: salah ketik, KTP baru, pindah rumah.")


class AtOnceForm(Form):
    """The fields that change at once, with a reason."""

    reason = StringField(
        lazy("Alasan"), validators=[InputRequired(), Length(max=200)], description=_REASON
    )
    kk = StringField(
        LABELS["kk"],
        validators=[Length(max=40)],
        description=lazy("Isi hanya bila berubah atau belum dicatat: 16 angka di kartu keluarga."),
    )
    work = SelectField(
        LABELS["work"],
        choices=[SelectChoice("", lazy("Belum ditanyakan"))]
        + [SelectChoice(key.value, label) for key, label in WORK.items()],
        validators=[Optional()],
    )
    ecosystem = SelectField(
        LABELS["ecosystem"], choices=ecosystem_choices(), validators=[Optional()]
    )
    group = SelectField(LABELS["group"], validators=[Optional()])
    version = HiddenField()

    @property
    def fields(self) -> list[StringField]:
        """The worker's fields, in their order."""
        return [self[name] for name in AT_ONCE]

    def values(self) -> dict[str, str]:
        """What was typed."""
        chosen = (WORK_FIELD, ECOSYSTEM, GROUP)
        return {name: self[name].data or "" for name in (*AT_ONCE, *chosen, KK)}

    def offer(self, groups: Iterable[GroupChoice]) -> AtOnceForm:
        """Offer these groups; return this form."""
        self.group.choices = group_choices(groups)
        return self


for _name, _most in AT_ONCE.items():
    setattr(AtOnceForm, _name, StringField(LABELS[_name], validators=[Length(max=_most)]))


class ProposalForm(Form):
    """The fields that another person approves, with the month from which they hold."""

    nik = StringField(
        lazy("NIK baru"),
        validators=[Length(max=60)],
        description=lazy("Isi hanya bila NIK yang tercatat salah. NIK lama tetap diingat."),
    )
    name = StringField(LABELS["name"], validators=[InputRequired(), Length(max=120)])
    birth_date = DateField(LABELS["birth_date"], validators=[InputRequired()])
    sex = SelectField(
        LABELS["sex"], choices=[SelectChoice(key, label) for key, label in SEX.items()]
    )
    sector = SelectField(
        LABELS["sector"],
        choices=[SelectChoice(key.value, label) for key, label in SECTORS.items()],
    )
    income_idr = RupiahField(LABELS["income_idr"], validators=[InputRequired()])
    programmes = SelectField(
        LABELS["programmes"],
        choices=[SelectChoice(key.value, label) for key, label in PROGRAMMES.items()],
    )
    funding = SelectField(
        LABELS["funding"],
        description=lazy(
            "Sponsor membayar lewat perjanjian: masukkan pekerja ke perjanjian di halamannya."
        ),
    )
    from_month = MonthField(
        lazy("Berlaku mulai iuran bulan"),
        validators=[InputRequired()],
        description=lazy(
            "Tagihan yang belum dibayar sejak bulan itu dihitung ulang. Boleh bulan yang belum"
            " tiba: perubahannya berlaku sendiri bila bulan itu mulai."
        ),
    )
    reason = StringField(
        lazy("Alasan"), validators=[InputRequired(), Length(max=200)], description=_REASON
    )
    seen = HiddenField()

    def offer_payers(self, now: str) -> ProposalForm:
        """Offer the worker, and who pays now: another sponsor pays by an agreement only."""
        self.funding.choices = [
            SelectChoice(key.value, label)
            for key, label in FUNDING.items()
            if key is Funding.SELF or key.value == now
        ]
        return self

    def values(self) -> dict[str, str]:
        """What was typed, as the texts that the services compare."""
        found = {name: self[name].data for name in PROPOSED}
        return {name: "" if value is None else str(value) for name, value in found.items()}


def at_once_form(current: Current) -> AtOnceForm:
    """The form with the present values."""
    return AtOnceForm(
        formdata=None, prefix="data", data={**current.at_once, "version": current.version}
    )


def proposal_form(current: Current) -> ProposalForm:
    """The form with the present values; the NIK stays empty."""
    values: Mapping[str, str] = current.proposed
    form = ProposalForm(
        formdata=None,
        prefix="usul",
        data={
            **values,
            "nik": "",
            "birth_date": date.fromisoformat(values["birth_date"]),
            "income_idr": int(values["income_idr"]),
            "from_month": f"{clock.this_month():%Y-%m}",
        },
    )
    return form.offer_payers(values["funding"])
