"""OpenAI's API: texts, moderation, speech, transcription, models.

Rules: those of `openai_base`, `openai_text` and `openai_audio`.
"""

from typing import Any

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors import openai_audio, openai_text
from studio.sandbox.vendors.openai_base import (
    HOUSE,
    MODELS,
    Model,
    body,
    enter,
    headers,
    model_for,
    offered,
    refuse,
)
from studio.sandbox.vendors.openai_text import content_text

PREFIX = "openai"
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit",
    "illicit/violent", "self-harm", "self-harm/intent", "self-harm/instructions", "sexual",
    "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
FLAGGED = "violence"  # what a text with [refuse] in it is called


def shown(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "home" if model.home else "openai",
        "shutdown_date": model.off or None,
    }


def models(call: Call) -> Reply:
    enter(call)
    found = [shown(one) for one in MODELS.values() if offered(call, one)]
    return Reply(200, {"object": "list", "data": found}, headers(call))


def one_model(call: Call) -> Reply:
    enter(call)
    found = MODELS.get(call.args["id"])
    if found is None or not offered(call, found):
        raise HOUSE.refusal(call, "not_found", f"The model '{call.args['id']}' does not exist.")
    return Reply(200, shown(found), headers(call))


def moderations(call: Call) -> Reply:
    """Free. A text is one input; a list is several texts, or the parts of one input."""
    enter(call)
    asked = body(call)
    model = model_for(call, "moderation", asked.get("model", "omni-moderation-latest"))
    given = asked.get("input")
    if isinstance(given, str):
        inputs = [given]
    elif isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        inputs = given
    elif isinstance(given, list) and given and all(isinstance(one, dict) for one in given):
        inputs = [content_text(given)]
    else:
        raise refuse(call, "Invalid type for 'input'.", "input")
    answer = {
        "id": call.sandbox.new_id("modr-"),
        "model": model.id,
        "results": [_judged(one) for one in inputs],
    }
    return Reply(200, answer, headers(call))


def _judged(text: str) -> dict[str, Any]:
    bad = "[refuse]" in text
    return {
        "flagged": bad,
        "categories": {name: bad and name == FLAGGED for name in CATEGORIES},
        "category_scores": {
            name: 0.93 if bad and name == FLAGGED else 0.0001 for name in CATEGORIES
        },
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }


MODEL_ROUTES = [
    Route("GET", r"/v1/models", models),
    Route("GET", r"/v1/models/(?P<id>[\w.:-]+)", one_model),
]
ROUTES = [
    *openai_text.ROUTES,
    *openai_audio.ROUTES,
    *MODEL_ROUTES,
    Route("POST", r"/v1/moderations", moderations),
]
trouble = HOUSE.trouble
