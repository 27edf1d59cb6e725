"""Voices that fal, WaveSpeed, Replicate and Hedra host: jobs, as their films are.

Logical inputs beside text, voice and audio (the sample): `before` and `after` (what stands around
a piece of a long text), `language_iso` and `language_name`, `sample_text`, `seed`.
"""

from collections.abc import Mapping
from typing import Any

from avatar.engine.registry import moods
from avatar.engine.registry import voice_options as of
from studio.lib.engines import Engine, Kind, Option, Price

JOBS = "avatar.engine.speech.jobs:JobSpeaker"
LABELS = {
    of.V3: "ElevenLabs v3",
    of.V2: "ElevenLabs Multilingual v2",
    of.FLASH: "ElevenLabs Flash v2.5",
}
SELLERS = {"fal": "fal", "wavespeed": "WaveSpeed", "replicate": "Replicate", "hedra": "Hedra"}
LONGEST = {of.V3: 5000, of.V2: 10_000, of.FLASH: 40_000}
AROUND = {"before": "previous_text", "after": "next_text"}


def _voice(vendor: str, model: str, label: str, row: str, **more: Any) -> Engine:
    return Engine(
        name=f"{vendor}:{model}",
        kind=Kind.VOICE,
        label=f"{label} at {SELLERS[vendor]}",
        path=JOBS,
        vendor=vendor,
        model=model,
        rows=(row,),
        **more,
    )


def _eleven(
    vendor: str,
    model: str,
    row: str,
    *,
    inputs: tuple[str, ...] = (),
    fields: Mapping[str, str] | None = None,
    names: tuple[str, ...] = (),
    default: str | None = None,
    **more: Any,
) -> Engine:
    """names: of its options. default: the seller's usual voice."""
    options = {name: of.ELEVEN[name] for name in names}
    options["voice"] = Option(default, about=of.SELLERS_VOICE.about)
    if row == of.V3:
        options["tag"] = of.TAG
        if "stability" in options:
            options["stability"] = of.V3_STABILITY
    own = moods.ELEVEN_V3 if row == of.V3 else moods.ELEVEN_V2
    return _voice(
        vendor,
        model,
        LABELS[row],
        row,
        inputs=("text*", "voice", *inputs),
        options=options,
        moods=_moods_of(own, options),
        fields=fields or {},
        longest_chars=LONGEST[row],
        price=of.per_thousand(0.05 if row == of.FLASH else 0.10, of.MAKERS),
        **more,
    )


def _moods_of(moods_: moods.Moods, options: Mapping[str, Option]) -> moods.Moods:
    """What of an emotion can be said with these options."""
    return {e: {k: v for k, v in mood.items() if k in options} for e, mood in moods_.items()}


ALL_FOUR = ("stability", "similarity_boost", "style", "speed")
ELEVENLABS = (
    _eleven(
        "fal",
        "fal-ai/elevenlabs/tts/eleven-v3",
        of.V3,
        inputs=("language_iso",),
        fields={"language_iso": "language_code"},
        names=("stability",),
        default="Rachel",
    ),
    _eleven(
        "fal",
        "fal-ai/elevenlabs/tts/multilingual-v2",
        of.V2,
        inputs=("before", "after"),
        fields=AROUND,
        names=ALL_FOUR,
        default="Rachel",
    ),
    _eleven(
        "wavespeed",
        "elevenlabs/eleven-v3",
        of.V3,
        fields={"voice": "voice_id"},
        names=("stability",),
        default="Alicia",
    ),
    _eleven(
        "replicate",
        "elevenlabs/v3",
        of.V3,
        fields={"text": "prompt"},
        default="Rachel",
        confirmed=False,
    ),
    _eleven(
        "replicate",
        "elevenlabs/v2-multilingual",
        of.V2,
        inputs=("before", "after", "language_iso"),
        fields={"text": "prompt", "language_iso": "language_code", **AROUND},
        names=ALL_FOUR,
        default="Rachel",
        confirmed=False,
    ),
    _eleven(
        "replicate",
        "elevenlabs/flash-v2.5",
        of.FLASH,
        inputs=("before", "after", "language_iso"),
        fields={"text": "prompt", "language_iso": "language_code", **AROUND},
        names=ALL_FOUR,
        default="Rachel",
    ),
    *(
        _eleven(
            "hedra",
            model,
            row,
            inputs=("audio", "language_iso"),
            fields={"voice": "voice_id", "language_iso": "language"},
            names=("stability", "speed"),
            clones=True,
            confirmed=row != of.FLASH,
            note="clones the sample with elevenlabs-voice-clone first",
        )
        for model, row in (
            ("elevenlabs-v3", of.V3),
            ("elevenlabs-multilingual-v2", of.V2),
            ("elevenlabs-flash-v2-5", of.FLASH),
        )
    ),
)

MINIMAX = (
    _voice(
        "fal",
        "fal-ai/minimax/speech-2.8-hd",
        "MiniMax Speech 2.8 HD",
        of.SPEECH_28,
        inputs=("text*", "voice", "audio", "language_name"),
        options={"voice": of.SELLERS_VOICE, **of.MINIMAX},
        moods=moods.MINIMAX,
        fields={
            "text": "prompt",
            "voice": "voice_setting.voice_id",
            "speed": "voice_setting.speed",
            "pitch": "voice_setting.pitch",
            "emotion": "voice_setting.emotion",
            "language_name": "language_boost",
        },
        fixed={"output_format": "url"},
        longest_chars=9999,
        price=of.per_thousand(0.10, of.MAKERS),
        clones=True,
        clone_price=of.per_clone(1.5, of.MAKERS),
        note="clones the sample with fal-ai/minimax/voice-clone first",
    ),
    _voice(
        "replicate",
        "minimax/speech-2.8-hd",
        "MiniMax Speech 2.8 HD",
        of.SPEECH_28,
        inputs=("text*", "voice", "audio", "language_name"),
        options={"voice": of.SELLERS_VOICE, **of.MINIMAX},
        moods=moods.MINIMAX,
        fields={"voice": "voice_id", "language_name": "language_boost"},
        longest_chars=9999,
        price=of.per_thousand(0.10, of.MAKERS),
        clones=True,
        clone_price=of.per_clone(1.5, of.MAKERS),
        confirmed=False,
        note="clones the sample with minimax/voice-cloning first",
    ),
    _voice(
        "wavespeed",
        "minimax/speech-2.6-hd",
        "MiniMax Speech 2.6 HD",
        of.SPEECH_28,
        inputs=("text*", "voice", "audio"),
        options={"voice": of.SELLERS_VOICE, **of.MINIMAX},
        moods=moods.MINIMAX,
        fields={"voice": "voice_id"},
        fixed={"voice": "Wise_Woman"},  # it must have one; a chosen or cloned one goes before
        longest_chars=9999,
        price=of.per_thousand(0.10),
        clones=True,
        clone_price=of.per_clone(1.5, of.MAKERS),
        note="clones the sample with minimax/voice-clone first; 2.8 is not confirmed there",
    ),
)

QWEN_PRICE = of.per_thousand(0.01, of.MAKERS)
QWEN = (
    *(
        _voice(
            "fal",
            f"fal-ai/qwen-3-tts/text-to-speech/{size}",
            f"Qwen3-TTS {size.upper()}",
            of.QWEN,
            inputs=("text*", "voice", "audio", "language_name", "sample_text"),
            options={"voice": of.SELLERS_VOICE, "sample_text": of.SAMPLE_TEXT},
            fields={
                "embedding": "speaker_voice_embedding_file_url",
                "sample_text": "reference_text",
                "language_name": "language",
            },
            fixed={"max_new_tokens": 4096},  # the usual 200 are some seconds
            longest_chars=600,
            price=QWEN_PRICE,
            clones=True,
            note=f"clones the sample with fal-ai/qwen-3-tts/clone-voice/{size} first",
        )
        for size in ("1.7b", "0.6b")
    ),
    _voice(
        "wavespeed",
        "wavespeed-ai/qwen3-tts/voice-clone",
        "Qwen3-TTS",
        of.QWEN,
        inputs=("text*", "audio*", "language_name", "sample_text"),
        options={"sample_text": of.SAMPLE_TEXT},
        fields={"sample_text": "reference_text", "language_name": "language"},
        longest_chars=600,
        price=QWEN_PRICE,
        clones=True,
        note="the sample goes with every text",
    ),
    _voice(
        "wavespeed",
        "alibaba/qwen3-tts-flash",
        "Qwen3-TTS Flash",
        of.QWEN,
        inputs=("text*", "voice", "language_name"),
        options={"voice": Option("Cherry", about=of.SELLERS_VOICE.about)},
        fields={"language_name": "language_type"},
        longest_chars=600,
        price=QWEN_PRICE,
        note="voices of its own",
    ),
)


def _chatterbox(vendor: str, model: str, label: str, price: Price, **more: Any) -> Engine:
    options = {
        "exaggeration": of.EXAGGERATION,
        "cfg_weight": of.CFG,
        "temperature": of.CHANCE,
        **more.pop("options", {}),
    }
    return _voice(
        vendor,
        model,
        label,
        more.pop("row", of.CHATTERBOX),
        options=options,
        moods=more.pop("moods", moods.CHATTERBOX),
        price=price,
        licence="MIT (the model)",
        **more,
    )


RESEMBLES = of.per_thousand(0.04, "what Chatterbox HD costs at fal")
CHATTERBOX = (
    _chatterbox(
        "fal",
        "fal-ai/chatterbox/text-to-speech",
        "Chatterbox",
        of.per_thousand(0.025),
        inputs=("text*", "audio", "seed"),
        fields={"audio": "audio_url", "cfg_weight": "cfg"},
        longest_chars=5000,
        clones=True,
        note="the sample goes with every text",
    ),
    _chatterbox(
        "fal",
        "resemble-ai/chatterboxhd/text-to-speech",
        "Chatterbox HD",
        of.per_thousand(0.04),
        inputs=("text*", "audio", "voice", "seed"),
        options={"voice": of.SELLERS_VOICE},
        fields={"audio": "audio_url", "cfg_weight": "cfg"},
        longest_chars=5000,
        clones=True,
        note="the sample goes with every text",
    ),
    _chatterbox(
        "replicate",
        "resemble-ai/chatterbox",
        "Chatterbox",
        RESEMBLES,
        inputs=("text*", "audio", "seed"),
        fields={"text": "prompt", "audio": "audio_prompt"},
        longest_chars=5000,
        clones=True,
        note="the sample goes with every text",
    ),
    _voice(
        "replicate",
        "resemble-ai/chatterbox-pro",
        "Chatterbox Pro",
        of.CHATTERBOX_PRO,
        inputs=("text*", "voice", "custom_voice", "seed"),
        options={
            "voice": Option("Luna", about=of.SELLERS_VOICE.about),
            "custom_voice": Option(about="the uuid of a voice in the Resemble account"),
            "exaggeration": of.number(0.1, 1, "0.5 is natural, more is dramatic"),
            "temperature": of.number(0.1, 5, "how much chance"),
            "pitch": Option(
                choices=("x-low", "low", "medium", "high", "x-high"), about="of the voice"
            ),
        },
        moods=moods.CHATTERBOX_PRO,
        fields={"text": "prompt"},
        longest_chars=5000,
        price=RESEMBLES,
        note="voices of its own, or one that Resemble keeps",
    ),
)

RESOLD = (*ELEVENLABS, *MINIMAX, *QWEN, *CHATTERBOX)
