"""MiniMax's API: speech, samples and clones.

`[refuse]` in a text is refused by moderation (1026). Rules: minimax.group_id (""),
minimax.refuse_with (0: a status_code that every call gets), minimax.voice_days (7), and those of
`minimax_speech` and `minimax_voices`.
"""

from studio.sandbox.vendors import minimax_speech, minimax_voices
from studio.sandbox.vendors.files import FILE_ROUTES
from studio.sandbox.vendors.minimax_base import HOUSE

PREFIX = "minimax"
ROUTES = [*minimax_speech.ROUTES, *minimax_voices.ROUTES, *FILE_ROUTES]
trouble = HOUSE.trouble
