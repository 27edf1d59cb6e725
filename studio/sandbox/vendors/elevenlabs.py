"""ElevenLabs' API: speech with the times of its characters, voices, hearing, the account.

`[refuse]` in a text is refused by moderation. Rules: elevenlabs.tier ("creator"),
elevenlabs.character_limit (100000), and those of `elevenlabs_base`, `elevenlabs_speech`,
`elevenlabs_voices` and `elevenlabs_hearing`.
"""

from studio.sandbox.calls import Call, Reply, Route
from studio.sandbox.vendors import elevenlabs_hearing, elevenlabs_speech, elevenlabs_voices
from studio.sandbox.vendors.common import Problem
from studio.sandbox.vendors.elevenlabs_base import (
    HOUSE,
    MODELS,
    TIERS,
    at_least,
    character_limit,
    tier,
    used,
    voices,
    word,
)

PREFIX = "elevenlabs"
DAY_S = 86_400


def models(call: Call) -> Reply:
    HOUSE.enter(call)
    answer = [
        {
            "model_id": one.id,
            "name": one.name,
            "can_do_text_to_speech": True,
            "can_do_voice_conversion": False,
            "can_be_finetuned": False,
            "can_use_style": True,
            "can_use_speaker_boost": one.stitches,
            "serves_pro_voices": False,
            "token_cost_factor": one.cost,
            "description": one.name,
            "requires_alpha_access": False,
            "max_characters_request_free_user": one.most // 2,
            "max_characters_request_subscribed_user": one.most,
            "maximum_text_length_per_request": one.most,
            "languages": [{"language_id": "en", "name": "English"}],
            "model_rates": {"character_cost_multiplier": one.cost},
            "concurrency_group": "turbo" if one.cost < 1 else "standard",
        }
        for one in MODELS.values()
    ]
    return Reply(200, answer)


def subscription(call: Call) -> Reply:
    HOUSE.enter(call)
    sandbox = call.sandbox
    own = [one for one in voices(sandbox) if one["category"] == "cloned"]
    answer = {
        "tier": tier(sandbox),
        "character_count": used(sandbox),
        "character_limit": character_limit(sandbox),
        "max_character_limit_extension": None,
        "max_credit_limit_extension": None,
        "can_extend_character_limit": False,
        "allowed_to_extend_character_limit": False,
        "next_character_count_reset_unix": int(sandbox.time()) + 30 * DAY_S,
        "voice_slots_used": len(own),
        "professional_voice_slots_used": 0,
        "professional_voice_slots_used_in_workspace": 0,
        "voice_limit": int(sandbox.rule("elevenlabs.voice_limit", 10)),
        "max_voice_add_edits": None,
        "voice_add_edit_counter": len(own),
        "professional_voice_limit": 1,
        "can_extend_voice_limit": False,
        "can_use_instant_voice_cloning": at_least(sandbox, "starter"),
        "can_use_professional_voice_cloning": at_least(sandbox, "creator"),
        "currency": "usd",
        "current_overage": {"amount": "0", "currency": "usd"},
        "status": "free" if tier(sandbox) == "free" else "active",
        "billing_period": "monthly_period",
        "character_refresh_period": "monthly_period",
        "next_invoice": None,
        "open_invoices": [],
        "has_open_invoices": False,
    }
    assert answer["tier"] in TIERS
    return Reply(200, answer)


def user(call: Call) -> Reply:
    return Reply(200, {"user_id": "sandbox", "subscription": subscription(call).body})


ROUTES = [
    *elevenlabs_speech.ROUTES,
    *elevenlabs_voices.ROUTES,
    *elevenlabs_hearing.ROUTES,
    Route("GET", r"/v1/models", models),
    Route("GET", r"/v1/user/subscription", subscription),
    Route("GET", r"/v1/user", user),
]


def trouble(call: Call, status: int, seconds: float) -> Reply:
    """An ordered 403 is the plan's; what the key may not do comes as 401."""
    if status == 403:
        words = "Your current subscription does not include this. Please upgrade."
        return word(call, Problem("invalid", status, words, code="subscription_required"))
    return HOUSE.trouble(call, status, seconds)
