"""Voices: what turns words into a voice-over.

Prices are the vendors' own lists, the dearer end where a plan decides.
"""

from collections.abc import Mapping
from dataclasses import replace

from avatar.engine.registry import moods
from avatar.engine.registry import voice_options as of
from avatar.engine.registry.resold_voices import RESOLD
from studio.lib.engines import Engine, Kind, Option

HOSTED = "avatar.engine.speech.hosted:HostedSpeaker"
WORKER = "avatar.engine.speech.local.worker:WorkerSpeaker"

SKETCH = Engine(
    name="sketch",
    kind=Kind.VOICE,
    label="Sketch voice",
    path="avatar.engine.speech.sketch:SketchSpeaker",
    inputs=("text*", "audio"),
    options={
        "words_per_minute": of.number(80, 400, "how fast", 165),
        "pitch_range": of.number(0, 99, "how much it sings", 50),
    },
    moods=moods.SKETCH,
    clones=True,
    languages="about a hundred, as espeak-ng names them",
    licence="GPL-3.0 (espeak-ng, a program of its own)",
    note="runs on this machine; fitted to the sample, honest about what it is",
)
PIPER = Engine(
    name="piper",
    kind=Kind.VOICE,
    label="Piper voice",
    path="avatar.engine.speech.local.piper:PiperSpeaker",
    inputs=("text*",),
    options={
        "speed": of.number(0.5, 2, "1 is as it comes", 1.0),
        "noise": of.number(0, 1, "how lively", 0.667),
        "speaker": of.number(
            0, 10_000, "number of the voice in a file that holds several", whole=True
        ),
    },
    moods=moods.PIPER,
    languages="the language of the voice file",
    licence="of the voice file; Piper itself is MIT or GPL-3.0",
    needs=("PIPER_VOICE",),
    note="PIPER_VOICE names an .onnx file with its .json beside it; PIPER_COMMAND the program",
)

_ELEVEN = Engine(
    name="",
    kind=Kind.VOICE,
    label="",
    path=HOSTED,
    vendor="elevenlabs",
    inputs=("text*", "audio"),
    options={"voice_id": of.VOICE_ID, **of.ELEVEN},
    moods=moods.ELEVEN_V2,
    clones=True,
    licence="ElevenLabs' terms; needs the speaker's consent",
    note="instant clone of the sample; gives the times of every letter",
)
ELEVENLABS = (
    replace(
        _ELEVEN,
        name="elevenlabs:eleven_v3",
        label="ElevenLabs v3",
        model="eleven_v3",
        rows=(of.V3,),
        options={
            "voice_id": of.VOICE_ID,
            "stability": of.V3_STABILITY,
            "similarity_boost": of.SIMILARITY,
            "tag": of.TAG,
        },
        moods=moods.ELEVEN_V3,
        longest_chars=5000,
        languages="more than 70",
        price=of.per_thousand(0.10),
    ),
    replace(
        _ELEVEN,
        name="elevenlabs:eleven_multilingual_v2",
        label="ElevenLabs Multilingual v2",
        model="eleven_multilingual_v2",
        rows=(of.V2,),
        longest_chars=10_000,
        languages="29",
        price=of.per_thousand(0.10),
    ),
    replace(
        _ELEVEN,
        name="elevenlabs:eleven_flash_v2_5",
        label="ElevenLabs Flash v2.5",
        model="eleven_flash_v2_5",
        rows=(of.FLASH,),
        longest_chars=40_000,
        languages="32",
        price=of.per_thousand(0.05),
    ),
)

MINIMAX = Engine(
    name="minimax:speech-2.8-hd",
    kind=Kind.VOICE,
    label="MiniMax Speech 2.8 HD",
    path=HOSTED,
    vendor="minimax",
    model="speech-2.8-hd",
    rows=(of.SPEECH_28,),
    inputs=("text*", "audio"),
    options={
        "voice_id": of.VOICE_ID,
        "sample_text": of.SAMPLE_TEXT,
        "vol": of.number(0.1, 10, "loudness"),
        **of.MINIMAX,
    },
    moods=moods.MINIMAX,
    longest_chars=9999,
    languages="40",
    price=of.per_thousand(0.10),
    clones=True,
    clone_price=of.per_clone(1.5),
    licence="MiniMax' terms; needs the speaker's consent",
    note="a clone that is not used for 7 days is deleted there, and made again when needed",
)

_QWEN = Engine(
    name="",
    kind=Kind.VOICE,
    label="",
    path=HOSTED,
    vendor="dashscope",
    rows=(of.QWEN,),
    longest_chars=600,
    languages="ten: Chinese, English, German, Italian, Portuguese, Spanish, Japanese, Korean,"
    " French, Russian",
    price=of.per_thousand(0.01),
    licence="Alibaba Model Studio's terms; needs the speaker's consent",
)
DASHSCOPE = (
    replace(
        _QWEN,
        name="dashscope:qwen3-tts-vc-2026-01-22",
        label="Qwen3-TTS, cloned",
        model="qwen3-tts-vc-2026-01-22",
        inputs=("text*", "audio*"),
        options={"voice_id": of.VOICE_ID, "sample_text": of.SAMPLE_TEXT},
        fixed={"target_model": "qwen3-tts-vc-2026-01-22"},
        clones=True,
        clone_price=of.per_clone(0.0015, "0.01 CNY"),
        note="a cloned voice serves this model only",
    ),
    replace(
        _QWEN,
        name="dashscope:qwen3-tts-instruct-flash",
        label="Qwen3-TTS Instruct Flash",
        model="qwen3-tts-instruct-flash",
        inputs=("text*",),
        options={"voice_id": of.VOICE_ID, "instructions": of.INSTRUCTIONS},
        moods=moods.INSTRUCTIONS,
        note="voices of its own, told how to speak",
    ),
    replace(
        _QWEN,
        name="dashscope:qwen3-tts-flash",
        label="Qwen3-TTS Flash",
        model="qwen3-tts-flash",
        inputs=("text*",),
        options={"voice_id": of.VOICE_ID},
        note="voices of its own",
    ),
)

RESEMBLE = Engine(
    name="resemble:chatterbox-pro",
    kind=Kind.VOICE,
    label="Chatterbox Pro at Resemble",
    path=HOSTED,
    vendor="resemble",
    rows=(of.CHATTERBOX_PRO,),
    inputs=("text*", "audio"),
    options={
        "voice_id": of.VOICE_ID,
        "sample_text": of.SAMPLE_TEXT,
        "instructions": of.INSTRUCTIONS,
    },
    moods=moods.INSTRUCTIONS,
    longest_chars=3000,
    price=of.per_thousand(0.04, "what Chatterbox HD costs at fal; Resemble's depends on the plan"),
    clones=True,
    licence="Resemble's terms; needs the speaker's consent",
    note="speaks with the voice's own model; gives the times of every letter",
)

SPEECH = Engine(
    name="speech",
    kind=Kind.VOICE,
    label="Speech server",
    path=HOSTED,
    vendor="speech",
    model="tts-1",
    inputs=("text*",),
    options={
        "voice_id": Option(about="as the server names it"),
        "model": Option(about="as the server names it"),
        "speed": of.number(0.25, 4, "1 is as it comes"),
        "instructions": of.INSTRUCTIONS,
    },
    moods={
        emotion: {**moods.INSTRUCTIONS[emotion], **moods.PACE[emotion]} for emotion in moods.PACE
    },
    longest_chars=4096,
    price=of.per_thousand(0, "a server of your own; what it may take is not counted"),
    note="any server with OpenAI's /audio/speech: SPEECH_BASE_URL; OpenAI's own models end on"
    " 2027-01-06",
)

_OPEN = Engine(
    name="",
    kind=Kind.VOICE,
    label="",
    path=WORKER,
    inputs=("text*", "audio"),
    clones=True,
    note="a process of its own, in an environment of its own, without a network of ours",
)
OPEN = (
    replace(
        _OPEN,
        name="chatterbox",
        label="Chatterbox",
        model="chatterbox-tts",
        rows=(of.CHATTERBOX,),
        options={
            "exaggeration": of.EXAGGERATION,
            "cfg_weight": of.CFG,
            "temperature": of.CHANCE,
        },
        moods=moods.CHATTERBOX,
        longest_chars=300,  # about 40 s is the most it can say at once
        languages="23",
        licence="MIT; the sound carries an inaudible watermark",
        needs=("CHATTERBOX_PYTHON",),
    ),
    replace(
        _OPEN,
        name="qwen-tts",
        label="Qwen3-TTS",
        model="Qwen/Qwen3-TTS-12Hz-1.7B-Base",
        rows=(of.QWEN,),
        inputs=("text*", "audio*"),
        options={
            "sample_text": of.SAMPLE_TEXT,
            "model": Option(about="a folder, or another name on Hugging Face"),
        },
        longest_chars=600,
        languages="ten",
        licence="Apache-2.0",
        needs=("QWEN_TTS_PYTHON",),
    ),
)

VOICES: tuple[Engine, ...] = (
    SKETCH, *ELEVENLABS, MINIMAX, *DASHSCOPE, RESEMBLE, SPEECH, *OPEN, PIPER, *RESOLD,
)  # fmt: skip

# How each system is reached, the best way first; the keys are `Engine.rows`.
VOICE_ROUTES: Mapping[str, tuple[str, ...]] = {
    of.V3: (
        "elevenlabs:eleven_v3", "wavespeed:elevenlabs/eleven-v3",
        "fal:fal-ai/elevenlabs/tts/eleven-v3", "hedra:elevenlabs-v3", "replicate:elevenlabs/v3",
    ),
    of.V2: (
        "elevenlabs:eleven_multilingual_v2", "fal:fal-ai/elevenlabs/tts/multilingual-v2",
        "hedra:elevenlabs-multilingual-v2", "replicate:elevenlabs/v2-multilingual",
    ),
    of.FLASH: (
        "elevenlabs:eleven_flash_v2_5", "replicate:elevenlabs/flash-v2.5",
        "hedra:elevenlabs-flash-v2-5",
    ),
    of.SPEECH_28: (
        "minimax:speech-2.8-hd", "fal:fal-ai/minimax/speech-2.8-hd",
        "replicate:minimax/speech-2.8-hd", "wavespeed:minimax/speech-2.6-hd",
    ),
    of.QWEN: (
        "qwen-tts", "dashscope:qwen3-tts-vc-2026-01-22",
        "fal:fal-ai/qwen-3-tts/text-to-speech/1.7b", "fal:fal-ai/qwen-3-tts/text-to-speech/0.6b",
        "wavespeed:wavespeed-ai/qwen3-tts/voice-clone", "dashscope:qwen3-tts-instruct-flash",
        "dashscope:qwen3-tts-flash", "wavespeed:alibaba/qwen3-tts-flash",
    ),
    of.CHATTERBOX: (
        "chatterbox", "fal:fal-ai/chatterbox/text-to-speech",
        "fal:resemble-ai/chatterboxhd/text-to-speech", "replicate:resemble-ai/chatterbox",
    ),
    of.CHATTERBOX_PRO: ("replicate:resemble-ai/chatterbox-pro", "resemble:chatterbox-pro"),
}  # fmt: skip
