"""The forms of finance."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys.contributions.schedule_models import LAST_DAY
from agentsys.payments.cash import DepositAction
from agentsys.payments.models import Resolution
from agentsys.remittances.choosing import Payer
from agentsys.remittances.difference_models import SettlementWay
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.texts import lazy


class DepositForm(Form):
    """The decision on an agent's deposit."""

    action = SelectField(
        lazy("Keputusan"),
        choices=[SelectChoice(DepositAction.CONFIRM), SelectChoice(DepositAction.RETURN)],
    )
    counted_idr = RupiahField(lazy("Jumlah yang Anda hitung"), validators=[Optional()])
    reason = StringField(lazy("Alasan"), validators=[Length(max=200)])


class PayoutForm(Form):
    """A provider's payout, as the bank statement and the provider's report show it."""

    provider = SelectField(lazy("Penyedia"), validators=[InputRequired()])
    bank_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    net_idr = RupiahField(lazy("Masuk ke rekening"), validators=[InputRequired()])
    fee_idr = RupiahField(lazy("Biaya penyedia"), validators=[Optional()])
    sure = BooleanField(lazy("Ini uang lain, bukan pencairan yang sudah dicatat"))
    office = SelectField(lazy("Untuk kantor"))


class OwnFundsForm(Form):
    """Own money put into the collection account."""

    own_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    own_idr = RupiahField(lazy("Jumlah"), validators=[InputRequired()])
    own_office = SelectField(lazy("Untuk kantor"))


class ScheduleForm(Form):
    """On which day and hour of each month an office is billed."""

    office = SelectField(lazy("Kantor"))
    day = SelectField(
        lazy("Tanggal"),
        choices=[SelectChoice(str(day), str(day)) for day in range(1, LAST_DAY + 1)],
    )
    hour = SelectField(
        lazy("Jam"), choices=[SelectChoice(str(hour), f"{hour:02}.00") for hour in range(24)]
    )


class CloseMonthForm(Form):
    """A month of an office that is to be closed, and why although something is open."""

    office = SelectField(lazy("Kantor"))
    month = SelectField(lazy("Bulan"))
    note = StringField(lazy("Alasan tetap ditutup"), validators=[Length(max=500)])


class ReopenMonthForm(Form):
    """Why a closed month is to be reopened."""

    reason = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])


class UnexplainedForm(Form):
    """Money with a provider that no payment of ours explains."""

    odd_provider = SelectField(lazy("Penyedia"), validators=[InputRequired()])
    odd_idr = RupiahField(lazy("Jumlah"), validators=[InputRequired()])
    odd_reason = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])
    odd_office = SelectField(lazy("Untuk kantor"))


class RefundForm(Form):
    """How much of a payment goes back through its provider, and why."""

    amount_idr = RupiahField(lazy("Jumlah"), validators=[InputRequired()])
    reason = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])


class ReturnForm(Form):
    """A transfer, as the bank statement shows it."""

    bank_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    note = StringField(lazy("Catatan"), validators=[InputRequired(), Length(max=200)])


class ExplainForm(Form):
    """Which payment explains the money."""

    note = StringField(lazy("Catatan"), validators=[InputRequired(), Length(max=200)])


class TransferForm(ReturnForm):
    """A transfer that repays what a worker's account shows."""

    account = StringField(lazy("Akun"), validators=[InputRequired(), Length(max=80)])
    amount_idr = RupiahField(lazy("Jumlah"), validators=[InputRequired()])


class AgentTransferForm(ReturnForm):
    """A transfer by which an agent pays a shortage, or that gives a surplus back."""

    agent_id = IntegerField(lazy("Agen"), validators=[InputRequired()])
    amount_idr = RupiahField(lazy("Jumlah"), validators=[InputRequired()])


class CodeForm(Form):
    """The kode iuran that EPS gave for a batch."""

    kode_iuran = StringField(
        lazy("Kode iuran"), validators=[InputRequired(), Length(min=4, max=60)]
    )
    code_idr = RupiahField(lazy("Jumlah di EPS"), validators=[Optional()])
    valid_until = DateField(lazy("Berlaku sampai"), validators=[Optional()])


class ChoiceForm(Form):
    """Which contributions of an office go into a batch."""

    first_month = MonthField(lazy("Dari bulan"), validators=[Optional()])
    last_month = MonthField(lazy("Sampai bulan"), validators=[Optional()])
    payer = SelectField(
        lazy("Pembayar"),
        choices=[SelectChoice(payer.value) for payer in Payer],
        default=Payer.ALL.value,
    )


class ReasonForm(Form):
    """The reason for requesting to cancel a batch."""

    reason = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])


class HoldForm(ReasonForm):
    """A contribution to hold back from BPJS, by its worker's row or by NIK, and why."""

    worker_id = IntegerField(lazy("Pekerja"), validators=[Optional()])
    nik = StringField("NIK", validators=[Length(max=40)])
    month = MonthField(lazy("Bulan iuran"), validators=[InputRequired()])


class ResultsForm(Form):
    """BPJS' results about batches: pasted, or as a file."""

    results = TextAreaField(lazy("Hasil"))
    file = FileField(lazy("Berkas"))
    note = StringField(lazy("Alasan jumlah berbeda"), validators=[Length(max=200)])


class DifferenceForm(Form):
    """How differences with BPJS end, and why they came about."""

    way = SelectField(
        lazy("Penyelesaian"), choices=[SelectChoice(way.value) for way in SettlementWay]
    )
    reason = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])
    bank_ref = StringField(lazy("Nomor referensi bank"), validators=[Length(max=80)])


class CaseForm(Form):
    """The decision on a case, and its reason."""

    choice = SelectField(
        lazy("Yang dilakukan"),
        choices=[SelectChoice(resolution.value) for resolution in Resolution],
    )
    note = TextAreaField(lazy("Catatan"), validators=[InputRequired(), Length(max=500)])
