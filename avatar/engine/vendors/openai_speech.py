"""Any server that speaks like OpenAI's `/audio/speech`: Kokoro, openedai-speech and the like.

Source: platform.openai.com/docs/api-reference/audio/createSpeech.
"""

from typing import Any, ClassVar

from avatar.engine.errors import Unpaid, VendorError
from avatar.engine.speech.client import Piece
from avatar.engine.speech.raw import Raw
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.caller import Caller, reason
from studio.lib.engines import Engine
from studio.lib.web import Answer

SPEAKING_S = 200.0
MOST_BYTES = 64 * 2**20
DEFAULT_VOICE = "alloy"
MONEY = (
    "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded", "organization_usage_limit_exceeded",
)  # fmt: skip


def explain(answer: Answer) -> VendorError | None:
    """An empty account looks like a pause here: 429."""
    code = answer.get("error", "code")
    if not answer.ok and code in MONEY:
        why = reason(answer)
        return Unpaid(f"The speech server wants to be paid first: {why}", reply=answer.text)
    return None


class SpeechServer:
    """Satisfies speech.client.VoiceClient."""

    sample: ClassVar[None] = None

    def __init__(self, access: Access) -> None:
        key = access.key("speech")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.caller = Caller("speech", access, headers, explain)

    def say(self, engine: Engine, piece: Piece) -> Raw:
        body: dict[str, Any] = {
            "model": piece.options.get("model") or engine.model,
            "input": piece.text,
            "voice": piece.voice,
            "response_format": "wav",
        }
        body |= {k: piece.options[k] for k in ("speed", "instructions") if k in piece.options}
        answer = self.caller.call(
            "POST",
            "/audio/speech",
            order=True,
            json=body,
            read_s=SPEAKING_S,
            most_bytes=MOST_BYTES,
            bytes_wanted=True,
        )
        if answer.is_page:
            words = "The speech server answered with a web page."
            raise self.caller.unclear(words, answer.text, order=True)
        facts = {"request_id": answer.headers.get("x-request-id", "")}
        return Raw(answer.content, "wav", piece.text, facts=facts)

    def default_voice(self, engine: Engine) -> str:
        return DEFAULT_VOICE
