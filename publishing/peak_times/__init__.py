"""When to post. Pure: no database, no network, no clock of its own.

prior     what public studies say, as 168 numbers
surface   what an account's own results make of that
slots     the time for the next post, and why, in words
"""

from publishing.peak_times.prior import AWAKE, DAYS, HOURS_A_WEEK, Week, sources, weights
from publishing.peak_times.slots import PARTS, Cadence, Choice, next_slot
from publishing.peak_times.surface import FEW, History, Lift, Standing, Surface, learn, rewards

__all__ = [
    "AWAKE",
    "DAYS",
    "FEW",
    "HOURS_A_WEEK",
    "PARTS",
    "Cadence",
    "Choice",
    "History",
    "Lift",
    "Standing",
    "Surface",
    "Week",
    "learn",
    "next_slot",
    "rewards",
    "sources",
    "weights",
]
