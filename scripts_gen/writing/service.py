"""A language model behind any server that speaks like OpenAI's: structured answers, moderation.

Servers differ in what they offer. The responses API is asked first, chat completions where it is
not there, and plain text with the schema in words where no schema is taken. What a server has
answered to is remembered for as long as the process lives.

Source: OpenAI's API reference; the package openai 3.51.
"""

import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scripts_gen.writing.errors import (
    BadAnswer,
    BadSetup,
    NeedsNotes,
    TryLater,
    Unanswered,
    WriterError,
)

if TYPE_CHECKING:
    from openai import OpenAI

log = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT_S = 60.0
# Of the HTTP client's errors, whichever client the package brings: nothing was asked yet.
NEVER_LEFT = ("ConnectError", "ConnectTimeout", "PoolTimeout")
MADE_NOTHING = (408, 409, 500, 503)  # said by the service itself; 502 and 504 by what is before it
MODERATOR = "omni-moderation-latest"
Message = dict[str, str]  # role and content
# Codes of a 429 that no waiting mends.
UNPAID = (
    "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded", "organization_usage_limit_exceeded",
)  # fmt: skip


class _NotOffered(Exception):
    """The server does not know this way of asking."""


@dataclass
class LanguageModel:
    """One model of one server; the key is never shown or logged."""

    api_key: str
    base_url: str
    model: str
    timeout_s: float = TIMEOUT_S

    _ways: ClassVar[dict[tuple[str, str], int]] = {}  # (address, model) -> the way that works

    def __repr__(self) -> str:
        return f"LanguageModel(model={self.model!r})"

    def answer(self, messages: Sequence[Message], schema: dict[str, Any], name: str) -> str:
        """What the model says, as text that is meant to satisfy the schema.

        Every failure of the service becomes a WriterError.
        """
        ways: list[Callable[[Sequence[Message], dict[str, Any], str], str]] = [
            self._by_responses, self._by_chat, self._in_words,
        ]  # fmt: skip
        place = (self.base_url, self.model)
        for number in range(self._ways.get(place, 0), len(ways)):
            try:
                said = ways[number](messages, schema, name)
            except _NotOffered as e:
                log.info("%s: %s", self.where(), e)
                continue
            self._ways[place] = number
            return said
        raise BadSetup(
            f"{self.where()} has no model “{self.model}”, or cannot be asked as OpenAI's servers"
            " are. Check OPENAI_MODEL and OPENAI_BASE_URL."
        )

    def settled(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        name: str,
        check: Callable[[str], T],
        *,
        advice: str,
    ) -> T:
        """What `check` makes of the answer, which is asked for once more with what was wrong.

        check: raises BadAnswer, in words for the model and the person. advice: what a person can
        do after two bad answers. Raises any WriterError.
        """
        problem = ""
        for _ in range(2):
            answer = self.answer(messages, schema, name)
            try:
                return check(answer)
            except BadAnswer as error:
                problem = str(error)
                messages = [
                    *messages,
                    {"role": "assistant", "content": answer[:20_000]},
                    {"role": "user", "content": f"That cannot be used: {problem} Answer again."},
                ]
        raise BadAnswer(
            "The writing service answered twice with something that cannot be used: "
            f"{problem} {advice}"
        )

    def flagged(self, text: str) -> list[str]:
        """What a moderator holds against the text, in words such as hate or violence; empty where
        nothing is, or where the server has no moderator.
        """
        import openai

        try:
            with self._client() as client:
                reply = client.moderations.create(model=MODERATOR, input=text)
            categories = reply.results[0].categories.model_dump()
        except (openai.OpenAIError, ValueError, AttributeError, IndexError, TypeError) as e:
            log.warning("%s did not moderate: %s", self.where(), type(e).__name__)
            return []
        return sorted(name.replace("_", " ") for name, found in categories.items() if found)

    def where(self) -> str:
        host = re.sub(r"^\w+://(?:[^@/]*@)?|/.*$", "", self.base_url)
        return f"The writing service at {host}" if host else "The writing service"

    # Ways of asking

    def _by_responses(self, messages: Sequence[Message], schema: dict[str, Any], name: str) -> str:
        wanted = {"type": "json_schema", "name": name, "strict": True, "schema": schema}
        reply = self._ask(
            lambda client: client.responses.create(
                model=self.model,
                input=list(messages),
                text={"format": wanted},
            )
        )
        status = getattr(reply, "status", None)
        if status == "incomplete":
            why = getattr(getattr(reply, "incomplete_details", None), "reason", "")
            if why == "content_filter":
                raise _filtered()
            raise BadAnswer("The answer was cut off.")
        for item in getattr(reply, "output", None) or []:
            for part in getattr(item, "content", None) or []:
                if getattr(part, "type", "") == "refusal":
                    raise _declined()
        said = getattr(reply, "output_text", "")
        if not said:
            raise self._empty()
        return str(said)

    def _by_chat(self, messages: Sequence[Message], schema: dict[str, Any], name: str) -> str:
        wanted = {"name": name, "strict": True, "schema": schema}
        reply = self._ask(
            lambda client: client.chat.completions.create(
                model=self.model,
                messages=list(messages),
                response_format={"type": "json_schema", "json_schema": wanted},
            )
        )
        return self._said(reply)

    def _in_words(self, messages: Sequence[Message], schema: dict[str, Any], name: str) -> str:
        told = f"Answer with one JSON object and nothing else. Its schema: {json.dumps(schema)}"
        reply = self._ask(
            lambda client: client.chat.completions.create(
                model=self.model,
                messages=[{"role": "system", "content": told}, *messages],
            )
        )
        return self._said(reply)

    def _said(self, reply: Any) -> str:
        """The text of a chat completion."""
        choices = getattr(reply, "choices", None)
        if not choices:
            raise self._empty()
        said = choices[0]
        if getattr(said.message, "refusal", None):
            raise _declined()
        if said.finish_reason == "content_filter":
            raise _filtered()
        return said.message.content or ""

    def _ask(self, call: Callable[[Any], Any]) -> Any:
        import openai

        try:
            with self._client() as client:  # else its connection stays open until it is collected
                reply = call(client)
        except openai.OpenAIError as error:
            if _is_unknown(error):
                raise _NotOffered(type(error).__name__) from None
            raise self._told(error) from None  # its text may carry the key
        except ValueError:
            raise self._odd() from None
        if isinstance(reply, str):  # a web page, say
            raise self._odd()
        return reply

    def _client(self) -> "OpenAI":
        from openai import OpenAI

        if not self.api_key and not self.base_url:
            raise BadSetup("The openai writer needs OPENAI_API_KEY; it is not set.")
        return OpenAI(
            api_key=self.api_key or "none",  # servers at home want none, the client wants one
            base_url=self.base_url or None,
            timeout=self.timeout_s,
            max_retries=0,  # our own rows decide about a second time
        )

    def _told(self, error: Exception) -> WriterError:
        """What a failure of the service means, and who can do something about it."""
        import openai

        where = self.where()
        if isinstance(error, openai.APIConnectionError):
            return self._lost(error)
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return BadSetup(f"{where} does not accept the key. Check OPENAI_API_KEY.")
        if isinstance(error, openai.NotFoundError):
            return BadSetup(
                f"{where} has no model “{self.model}”. Check OPENAI_MODEL and OPENAI_BASE_URL."
            )
        if isinstance(error, openai.RateLimitError):
            if getattr(error, "code", "") in UNPAID:
                return BadSetup(f"{where} says that its account has no credit left.")
            return TryLater(
                f"{where} is being asked too often. It will be asked again.", _retry_after(error)
            )
        if isinstance(error, openai.APIStatusError):
            trouble = f"{where} has trouble of its own (status {error.status_code})."
            if error.status_code in MADE_NOTHING:
                return TryLater(f"{trouble} It will be asked again.")
            if error.status_code >= 500:
                return self._unanswered(trouble)
            return BadSetup(f"{where} refused the request (status {error.status_code}).")
        return self._odd()

    def _lost(self, error: Exception) -> WriterError:
        """No answer came."""
        import openai

        where = self.where()
        if type(error.__cause__).__name__ in NEVER_LEFT:
            return TryLater(f"{where} cannot be reached. It will be asked again.")
        if isinstance(error, openai.APITimeoutError):
            what = f"{where} did not answer in {self.timeout_s:.0f} s."
        else:
            what = f"{where} broke off before it had answered."
        return self._unanswered(what)

    def _unanswered(self, what: str) -> WriterError:
        """A question that may have been heard is paid for, so only a person asks it again; a
        server without a key charges nobody.
        """
        if not self.api_key:
            return TryLater(f"{what} It will be asked again.")
        return Unanswered(
            f"{what} It may have charged for it, so it is not asked again by itself: try again."
        )

    def _odd(self) -> BadSetup:
        return BadSetup(f"{self.where()} did not answer as an OpenAI server does.")

    def _empty(self) -> BadAnswer:
        return BadAnswer(f"{self.where()} sent an empty answer. Try again.")


def object_of(answer: str) -> dict[str, Any]:
    """The JSON object of an answer; servers that ignore schemas wrap it in a fence.

    Raises BadAnswer.
    """
    try:
        data = json.loads(re.sub(r"\A\s*```(?:json)?\s*|\s*```\s*\Z", "", answer))
    except ValueError:
        raise BadAnswer("It is not JSON.") from None
    if not isinstance(data, dict):
        raise BadAnswer("It is not an object with the parts of a script.")
    return data


def _is_unknown(error: Exception) -> bool:
    """Whether the server knows the model, but not this address or this format of answers."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return False
    if error.status_code == 404:
        return getattr(error, "code", "") != "model_not_found"
    if error.status_code in (405, 501):
        return True
    about = f"{getattr(error, 'param', '') or ''} {error}".lower()
    formats = ("response_format", "text.format", "json_schema", "schema")
    return error.status_code in (400, 422) and any(name in about for name in formats)


def _declined() -> NeedsNotes:
    return NeedsNotes(
        "The writing service declined to write about this. "
        "Give the slot another topic, or write the script from your notes alone."
    )


def _filtered() -> NeedsNotes:
    return NeedsNotes(
        "The writing service's content filter stopped this script. Give the slot another topic."
    )


def _retry_after(error: Any) -> float:
    try:
        return min(3600.0, max(1.0, float(error.response.headers.get("retry-after", 60))))
    except ValueError:  # a date
        return 60.0
