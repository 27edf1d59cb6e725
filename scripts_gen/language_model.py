"""How the language model is reached: from the settings, or the sandbox's double of one."""

from django.conf import settings

from studio.lib.hosts import SANDBOX_KEY, Host

OPENAI = Host("", "openai/v1")  # its own address is the library's to know


def is_set_up() -> bool:
    return bool(settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL or _double())


def access() -> dict[str, str]:
    """What the writer and the translator are made with."""
    double = _double()
    return {
        "api_key": settings.OPENAI_API_KEY or (SANDBOX_KEY if double else ""),
        "base_url": settings.OPENAI_BASE_URL or double,
        "model": settings.OPENAI_MODEL,
    }


def _double() -> str:
    """Its address in the sandbox, where nothing else is named."""
    return "" if settings.OPENAI_BASE_URL else OPENAI.address("OPENAI_BASE_URL")
