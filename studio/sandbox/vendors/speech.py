"""A server at home that speaks like OpenAI: speech, transcription, chat completions, models.

It wants no key, takes any name for a voice or a model, and knows no Responses.
"""

from studio.sandbox.vendors import openai_audio, openai_text
from studio.sandbox.vendors.openai import MODEL_ROUTES
from studio.sandbox.vendors.openai_base import HOUSE

PREFIX = "speech"
ROUTES = [
    *openai_audio.ROUTES,
    *MODEL_ROUTES,
    *(one for one in openai_text.ROUTES if "responses" not in one.pattern),
]
trouble = HOUSE.trouble
