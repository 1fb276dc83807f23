"""The form for the settings of a commission rule, made from what the rule declares."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.commissions.rates import parsing
from agentsys.commissions.rates.models import LONGEST_BASIS, LONGEST_NAME, RatesCertainty
from agentsys.extension.commission_rules import CommissionRule, RuleSetting, SettingKind
from agentsys.web.forms import Form, MonthField
from agentsys.web.supervisor.handover_forms import TicksField
from agentsys.web.texts import lazy, rp

LONGEST_SETTING = 2_000
CERTAINTIES = {
    RatesCertainty.PUBLISHED: lazy("Tertulis di sumbernya"),
    RatesCertainty.DOUBTFUL: lazy("Bacaan kami, belum dipastikan"),
}


class ProposalForm(Form):
    """What every proposal says, whichever the rule."""

    valid_from = MonthField(
        lazy("Berlaku mulai bulan"),
        validators=[InputRequired(), Length(max=10)],
        description=lazy("Tulis seperti 2027-01. Bulan yang komisinya sudah disetujui tidak bisa."),
    )
    version = StringField(
        lazy("Aturan atau surat yang menetapkan"),
        validators=[Length(max=LONGEST_NAME)],
        description=lazy("Misalnya nomor peraturan atau perjanjian."),
    )
    decree = StringField(
        lazy("Sebutan singkatnya"),
        validators=[Length(max=LONGEST_NAME)],
        description=lazy("Dibaca agen di setiap baris komisi."),
    )
    certainty = SelectField(
        lazy("Kepastian"),
        choices=[SelectChoice(key.value, text) for key, text in CERTAINTIES.items()],
        default=RatesCertainty.DOUBTFUL.value,
    )
    basis = StringField(
        lazy("Dasar"),
        validators=[InputRequired(), Length(max=LONGEST_BASIS)],
        description=lazy("Surat, perjanjian, atau alasan perubahan ini."),
    )
    ends = BooleanField(lazy("Aturan ini tidak berlaku lagi mulai bulan itu"))


def form_of(rule: CommissionRule, shown: dict[str, Any], **values: Any) -> ProposalForm:
    """The form of a rule, filled with what is typed, or else with these stored settings."""
    fields = {setting.name: _field(setting) for setting in rule.settings}
    made: ProposalForm = type("RuleForm", (ProposalForm,), fields)(
        **values,
        **{
            setting.name: parsing.as_typed(setting, shown[setting.name])
            for setting in rule.settings
            if setting.name in shown and "formdata" not in values
        },
    )
    return made


def settings_of(rule: CommissionRule, form: ProposalForm) -> list[Field]:
    """The fields of the rule's own settings, in their order."""
    return [form[setting.name] for setting in rule.settings]


def described(rule: CommissionRule, values: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings with their labels, as a page shows them."""
    return [
        (gettext(setting.label), _shown(setting, values[setting.name]))
        for setting in rule.settings
        if setting.name in values
    ]


def _shown(setting: RuleSetting, value: Any) -> str:
    words = {word: gettext(label) for word, label in setting.choices}
    if setting.kind is SettingKind.CHOICE:
        return words.get(value, value)
    if setting.kind is SettingKind.CHOICES:
        return ", ".join(words.get(word, word) for word in value) or gettext("tidak ada")
    if setting.kind is SettingKind.BANDS:
        return ", ".join(f"{first}–{last or '…'}: {percent}%" for first, last, percent in value)
    if setting.kind is SettingKind.PERCENT:
        return f"{value}%"
    return rp(value) if setting.kind is SettingKind.IDR else str(value)


def _field(setting: RuleSetting) -> Field:
    label, about = gettext(setting.label), gettext(setting.help) if setting.help else ""
    if setting.kind is SettingKind.CHOICE:
        choices = [SelectChoice(word, gettext(text)) for word, text in setting.choices]
        return SelectField(label, choices=choices, description=about)
    if setting.kind is SettingKind.CHOICES:
        choices = [SelectChoice(word, gettext(text)) for word, text in setting.choices]
        return TicksField(label, choices=choices, description=about)
    short = [Length(max=LONGEST_SETTING)]
    if setting.kind is SettingKind.BANDS:
        return TextAreaField(label, validators=short, description=about)
    return StringField(label, validators=short, description=about)
