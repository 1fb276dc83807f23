"""The workers of agent Sari: the first page of the list has every state of a worker."""

from __future__ import annotations

from agentsys.demo.city.fates import Fate
from agentsys.demo.city.habits import Habit

WORKERS_OF_SARI = 40

# Name, sex, habit, channel. The names are the first of an alphabetical list.
SCRIPTED = (
    ("Abdul Amin", "L", Habit.BEHIND_3, "cash"),
    ("Abdul Basri", "L", Habit.BEHIND_1, "cash"),
    ("Agus Anwar", "L", Habit.DUE, "cash"),
    ("Agus Jamal", "L", Habit.TODAY, "cash"),
    ("Ahmad Bakri", "L", Habit.COVERED, "qris"),
    ("Aisyah Amin", "P", Habit.DUE, "gopay"),  # her e-wallet payment waits: see WAITING
    ("Amir Darmawan", "L", Habit.ADVANCE, "qris"),
    ("Andi Effendi", "L", Habit.BEHIND_4, "cash"),
    ("Ani Fauzi", "P", Habit.BEHIND_2, "cash"),
    ("Arif Gunawan", "L", Habit.LATE, "cash"),
)
# Those who pay by auto-debit: name, sex, how it goes.
SCRIPTED_DEBITS = (
    ("Asep Halim", "L", Fate.STEADY),
    ("Astuti Idris", "P", Fate.UNLINKED),  # to visit
    ("Ayu Jaya", "P", Fate.UNSENT),  # a message to send
    ("Bahar Kadir", "L", Fate.RECOVERED),
    ("Baso Latif", "L", Fate.PAUSED),
    ("Beti Mansur", "P", Fate.ASKED),
)
WAITING = "Aisyah Amin"
