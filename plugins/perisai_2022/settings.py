"""The settings of the incentive."""

from agentsys.extension.contract import CommissionRule, RuleSetting, SettingKind, read_rates
from agentsys.plugins._rules import OFFICE_PERCENT, PAYERS

RULE = CommissionRule(
    name="perisai_2022",
    label="Insentif Perisai 2022",
    about="Jumlah tetap untuk tiap pekerja baru, dan persen dari iuran yang dikonfirmasi BPJS.",
    instead_of="incentive",
    settings=(
        RuleSetting(
            name="least_new",
            label="Pekerja baru paling sedikit dalam sebulan",
            kind=SettingKind.COUNT,
            least=1,
            most=1_000,
        ),
        RuleSetting(
            name="three_idr",
            label="Untuk tiap pekerja baru, tiga program",
            kind=SettingKind.IDR,
        ),
        RuleSetting(
            name="two_idr",
            label="Untuk tiap pekerja baru, dua program",
            kind=SettingKind.IDR,
        ),
        RuleSetting(
            name="collection",
            label="Persen iuran menurut bulan iuran",
            kind=SettingKind.BANDS,
            help="Satu baris untuk tiap rentang, misalnya 1-24: 15",
        ),
        OFFICE_PERCENT,
        PAYERS,
        RuleSetting(
            name="doubtful_payers",
            label="Di antaranya belum dipastikan BPJS",
            kind=SettingKind.CHOICES,
            choices=PAYERS.choices,
            is_reading=True,
        ),
        RuleSetting(
            name="rounding",
            label="Pembulatan",
            kind=SettingKind.CHOICE,
            choices=(("line", "Tiap baris"), ("total", "Jumlah persen sebulan")),
            is_reading=True,
        ),
    ),
    packaged=read_rates("agentsys.plugins.perisai_2022"),
)
