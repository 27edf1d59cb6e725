"""OpenAI: chat completions and responses.

Structured output is a value that satisfies the schema that was sent; other answers repeat the
question. In a question, or for all of them by the rule openai.answer (""), these change the
outcome: `[refuse]`, `[content filter]`, `[length]`, `[invalid json]`, `[empty choices]`.

Rules: openai.says ("": the question itself; what plain answers say), openai.without ([]:
of "responses" and "json_schema" what is not offered, as with many compatible servers).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors.common import charge
from studio.sandbox.vendors.openai_base import HOUSE, body, enter, headers, model_for, refuse
from studio.sandbox.vendors.openai_schema import (
    NAME,
    Answerer,
    Unsatisfiable,
    check_form,
    check_strict,
)

MAGIC = {
    "[refuse]": "refusal",
    "[content filter]": "content_filter",
    "[length]": "length",
    "[invalid json]": "invalid_json",
    "[empty choices]": "empty_choices",
}
REFUSAL = "I'm sorry, but I can't help with that."
ROLES = ("developer", "system", "user", "assistant", "tool", "function")
SEARCHES = re.compile(r"web_search(_\d{4}_\d{2}_\d{2})?(_preview.*)?")


@dataclass(frozen=True)
class Said:
    """What the model says. outcome: "", or one of MAGIC's."""

    text: str
    outcome: str
    tokens_in: int
    tokens_out: int


def tokens(text: str) -> int:
    """About as many as the vendor would count."""
    return max(1, len(text) // 4)


def without(call: Call, name: str) -> bool:
    return name in call.sandbox.rule("openai.without", [])


def answered(call: Call, question: str, schema: dict[str, Any] | None, most: Any) -> Said:
    """most: of tokens, None for any number. Raises Refused."""
    outcome = str(call.sandbox.rule("openai.answer", ""))
    for mark, name in MAGIC.items():
        if mark in question:
            outcome = name
    if outcome in ("refusal", "content_filter"):
        text = REFUSAL if outcome == "refusal" else ""
    elif schema is not None:
        try:
            text = json.dumps(Answerer(schema, question).value(), ensure_ascii=False)
        except (Unsatisfiable, RecursionError) as e:
            raise refuse(call, f"Invalid schema: {e}", "response_format") from e
    else:
        text = str(call.sandbox.rule("openai.says", "")) or question
    if most is not None and (not isinstance(most, int) or most < 1):
        raise refuse(call, "The maximum of tokens is a number above 0.", "max_tokens")
    if most is not None and tokens(text) > most:
        outcome, text = "length", text[: most * 4]
    elif outcome in ("length", "invalid_json"):
        text = text[: len(text) * 2 // 3]
    return Said(text, outcome, tokens(question), tokens(text))


def format_of(call: Call, asked: Any, field: str) -> dict[str, Any] | None:
    """The schema of a response format, checked; None for plain text. Raises Refused."""
    if asked is None:
        return None
    if not isinstance(asked, dict):
        raise refuse(call, f"Invalid type for '{field}': expected an object.", field)
    if asked.get("type") == "text":
        return None
    if asked.get("type") == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    if asked.get("type") != "json_schema" or without(call, "json_schema"):
        raise refuse(call, f"Invalid parameter: '{field}' of type '{asked.get('type')}' is not "
                     "supported with this model.", field)  # fmt: skip
    schema, name = asked.get("schema"), asked.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise refuse(call, f"Invalid '{field}.name'.", f"{field}.name", "invalid_value")
    if not isinstance(schema, dict):
        raise refuse(call, f"Missing required parameter: '{field}.schema'.", f"{field}.schema")
    try:
        check_form(schema)
        if asked.get("strict"):
            if schema.get("type") != "object":
                raise Unsatisfiable("schema must be a JSON Schema of 'type: \"object\"'.")
            check_strict(schema)
    except (Unsatisfiable, RecursionError) as e:
        raise refuse(call, f"Invalid schema for {field} '{name}': {e}", field) from e
    return schema


def content_text(content: Any) -> str:
    """The text of a message, whose content is a text or a list of parts."""
    if isinstance(content, list):
        return "\n".join(str(one.get("text", "")) for one in content if isinstance(one, dict))
    return str(content or "")


# Chat completions


def chat(call: Call) -> Reply:
    key = enter(call, paid=True)
    asked = body(call)
    model = model_for(call, "text", asked.get("model"))
    question = _last_of_user(call, asked.get("messages"), "messages")
    wanted = asked.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        inner = wanted.get("json_schema")
        wanted = {"type": "json_schema", **(inner if isinstance(inner, dict) else {})}
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        _speaks_of_json(call, asked)
    schema = format_of(call, wanted, "response_format")
    HOUSE.pace(call, key, 500)
    most = asked.get("max_completion_tokens", asked.get("max_tokens"))
    said = answered(call, question, schema, most)
    id = call.sandbox.new_id("chatcmpl-")
    charge(call.sandbox, model=model.id, body=asked, account=key, job=id)
    answer = {
        "id": id,
        "object": "chat.completion",
        "created": int(call.sandbox.time()),
        "model": model.id,
        "choices": [] if said.outcome == "empty_choices" else [_choice(said)],
        "usage": {
            "prompt_tokens": said.tokens_in,
            "completion_tokens": said.tokens_out,
            "total_tokens": said.tokens_in + said.tokens_out,
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }
    return Reply(200, answer, headers(call))


def _choice(said: Said) -> dict[str, Any]:
    refused = said.outcome == "refusal"
    finish = said.outcome if said.outcome in ("length", "content_filter") else "stop"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else said.text,
        "refusal": said.text if refused else None,
        "annotations": [],
    }
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}


def _last_of_user(call: Call, messages: Any, field: str) -> str:
    if not isinstance(messages, list) or not messages:
        raise refuse(call, f"Invalid '{field}': expected at least one message.", field)
    for i, one in enumerate(messages):
        if not isinstance(one, dict) or one.get("role") not in ROLES:
            raise refuse(call, f"Invalid value: '{field}[{i}].role'.", f"{field}[{i}].role")
    own = [one for one in messages if one["role"] == "user"] or messages
    return content_text(own[-1].get("content"))


def _speaks_of_json(call: Call, asked: dict[str, Any]) -> None:
    if "json" not in json.dumps(asked["messages"]).lower():
        raise refuse(
            call,
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            "messages",
        )


# Responses


def responses(call: Call) -> Reply:
    key = enter(call, paid=True)
    if without(call, "responses"):
        return Reply(404, {"error": {"message": "Not Found", "type": "not_found_error",
                                     "param": None, "code": None}})  # fmt: skip
    asked = body(call)
    model = model_for(call, "text", asked.get("model"))
    given = asked.get("input")
    question = given if isinstance(given, str) else _last_of_user(call, given, "input")
    text = asked.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    schema = format_of(call, wanted, "text.format")
    tools = _tools(call, asked.get("tools"))
    HOUSE.pace(call, key, 500)
    said = answered(call, question, schema, asked.get("max_output_tokens"))
    id = call.sandbox.new_id("resp_")
    charge(call.sandbox, model=model.id, body=asked, account=key, job=id)
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(said.outcome)
    answer = {
        "id": id,
        "object": "response",
        "created_at": int(call.sandbox.time()),
        "status": "incomplete" if reason else "completed",
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": {},
        "model": model.id,
        "output": _output(call, said, question, tools),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "temperature": 1.0,
        "text": {"format": wanted or {"type": "text"}},
        "tool_choice": "auto",
        "tools": tools,
        "top_p": 1.0,
        "usage": {
            "input_tokens": said.tokens_in,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": said.tokens_out,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said.tokens_in + said.tokens_out,
        },
    }
    return Reply(200, answer, headers(call))


def _tools(call: Call, asked: Any) -> list[dict[str, Any]]:
    found = asked if isinstance(asked, list) else []
    for one in found:
        if not isinstance(one, dict) or not SEARCHES.fullmatch(str(one.get("type", ""))):
            raise refuse(call, "The sandbox plays no tool but web_search.", "tools")
    return found


def _output(
    call: Call, said: Said, question: str, tools: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if said.outcome == "empty_choices":
        return []
    found: list[dict[str, Any]] = []
    part: dict[str, Any] = {"type": "output_text", "text": said.text, "annotations": []}
    if said.outcome == "refusal":
        part = {"type": "refusal", "refusal": said.text}
    elif tools:
        found.append(
            {
                "id": call.sandbox.new_id("ws_"),
                "type": "web_search_call",
                "status": "completed",
                "action": {"type": "search", "query": question[:200]},
            }
        )
        part["annotations"] = [_citation(tools[0], said.text)]
    found.append(
        {
            "id": call.sandbox.new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "status": "incomplete"
            if said.outcome in ("length", "content_filter")
            else "completed",
            "content": [part],
        }
    )
    return found


def _citation(tool: dict[str, Any], text: str) -> dict[str, Any]:
    filters = tool.get("filters")
    named = filters.get("allowed_domains") if isinstance(filters, dict) else None
    domains = named if isinstance(named, list) and named else ["example.org"]
    return {
        "type": "url_citation",
        "start_index": 0,
        "end_index": len(text),
        "title": "A page of the sandbox",
        "url": f"https://{domains[0]}/page",
    }


ROUTES = [
    Route("POST", r"/v1/chat/completions", chat, commit=True),
    Route("POST", r"/v1/responses", responses, commit=True),
]
