"""Models that speak or clone at the aggregators. Source: their pages, @fal-ai/client 1.10.1.

What a reader of the documents cannot know is not checked: MiniMax's voices by name, and the names
of WaveSpeed's inputs for its clones.
"""

from typing import Any

from studio.sandbox.vendors.models import (
    FLAG,
    SEED,
    Field,
    Model,
    file,
    number,
    one_of,
    text,
)

Rows = dict[str, Model]
_TEXT: dict[str, Any] = {"makes": "speech", "sound": "", "say": "text"}
_FEELINGS = one_of(
    "auto", "happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "neutral",
    "fluent",
)  # fmt: skip
_MINIMAX = {
    "text": text(10_000, must=True), "voice_id": text(), "speed": number(0.5, 2),
    "volume": number(0, 10), "pitch": number(-12, 12), "emotion": _FEELINGS,
    "english_normalization": FLAG,
}  # fmt: skip
_MINIMAX_MUST = {**_MINIMAX, "voice_id": text(must=True)}
_SAY = {**_TEXT, "voice": "voice_id"}


def wavespeed() -> Rows:
    usd: dict[str, Any] = {"more": {"usd": 0.1}}  # a thousand characters
    names = ("2.6-hd", "2.5-hd-preview", "02-hd", "02-turbo")
    return {
        "elevenlabs/eleven-v3": Model(
            {"text": text(5000, must=True), "voice_id": text(), "stability": number(0, 1)},
            **_SAY, **usd,
        ),
        **{f"minimax/speech-{name}": Model(_MINIMAX_MUST, **_SAY, **usd) for name in names},
        "minimax/voice-clone": Model(
            {"audio": file(), "custom_voice_id": text(), "model": text(), "text": text(2000)},
            makes="speech", sound="audio", say="text", sound_s=(10, 300), **usd,
        ),
        "alibaba/qwen3-tts-flash": Model(
            {"text": text(must=True), "voice": text(), "language_type": text()},
            **_TEXT, voice="voice", **usd,
        ),
        "wavespeed-ai/qwen3-tts/voice-clone": Model(
            {"audio": file(), "text": text(must=True), "reference_text": text(),
             "language": text()},
            makes="speech", sound="audio", say="text", **usd,
        ),
    }  # fmt: skip


def fal() -> Rows:
    eleven = {
        "text": text(must=True), "voice": text(), "stability": number(0, 1),
        "language_code": text(), "apply_text_normalization": one_of("auto", "on", "off"),
        "timestamps": FLAG,
    }  # fmt: skip
    older = {
        **eleven, "similarity_boost": number(0, 1), "style": number(0, 1),
        "speed": number(0.7, 1.2), "previous_text": text(), "next_text": text(),
    }  # fmt: skip
    chatter = {
        "exaggeration": number(0.25, 2), "temperature": number(0.05, 5), "seed": SEED,
    }  # fmt: skip
    a_sample: dict[str, Any] = {"makes": "speech", "sound": "audio_url", "say": "text"}
    qwen = {
        "text": text(must=True), "voice": text(), "language": text(),
        "speaker_voice_embedding_file_url": file(must=False), "reference_text": text(),
        "max_new_tokens": Field("whole", least=1, most=8192),
    }  # fmt: skip
    rows = {
        "fal-ai/elevenlabs/tts/eleven-v3": Model(eleven, **_TEXT, voice="voice"),
        "fal-ai/elevenlabs/tts/multilingual-v2": Model(older, **_TEXT, voice="voice"),
        "fal-ai/elevenlabs/tts/turbo-v2.5": Model(older, **_TEXT, voice="voice"),
        "fal-ai/minimax/speech-2.8-hd": Model(
            {"prompt": text(10_000, must=True), "voice_setting": Field("any"),
             "audio_setting": Field("any"), "language_boost": text(),
             "output_format": one_of("url"), "pronunciation_dict": Field("any")},
            makes="speech", sound="", say="prompt", voice="voice_setting.voice_id",
        ),
        "fal-ai/minimax/voice-clone": Model(
            {"audio_url": file(), "text": text(1000), "model": text(),
             "noise_reduction": FLAG, "need_volume_normalization": FLAG},
            **a_sample, sound_s=(10, 300), more={"clones": True},
        ),
        "fal-ai/chatterbox/text-to-speech": Model(
            {"text": text(5000, must=True), "audio_url": file(must=False), **chatter,
             "cfg": number(0, 1)},
            **a_sample, suffix=".wav",
        ),
        "fal-ai/chatterbox/text-to-speech/multilingual": Model(
            {"text": text(300, must=True), "voice": text(), **chatter,
             "cfg_scale": number(0, 1)},
            **_TEXT, voice="voice", suffix=".wav",
        ),
        "resemble-ai/chatterboxhd/text-to-speech": Model(
            {"text": text(must=True), "voice": text(), "audio_url": file(must=False), **chatter,
             "cfg": number(0, 1), "high_quality_audio": FLAG},
            **a_sample, voice="voice", suffix=".wav",
        ),
        "fal-ai/qwen-3-tts/voice-design/1.7b": Model(
            {"text": text(must=True), "prompt": text(must=True)}, **_TEXT, voice="prompt"
        ),
    }  # fmt: skip
    for size in ("0.6b", "1.7b"):
        rows[f"fal-ai/qwen-3-tts/text-to-speech/{size}"] = Model(
            qwen, **_TEXT, voice="speaker_voice_embedding_file_url"
        )
        rows[f"fal-ai/qwen-3-tts/clone-voice/{size}"] = Model(
            {"audio_url": file(), "reference_text": text()}, makes="voice", sound="audio_url"
        )
    return rows


def replicate() -> Rows:
    more = {"sample_rate": SEED, "bitrate": SEED, "audio_format": one_of("mp3", "wav", "flac"),
            "channel": one_of("mono", "stereo"), "subtitle_enable": FLAG,
            "language_boost": text()}  # fmt: skip
    prompt: dict[str, Any] = {"makes": "speech", "sound": "", "say": "prompt", "voice": "voice"}
    eleven = {
        "prompt": text(must=True), "voice": text(), "stability": number(0, 1),
        "similarity_boost": number(0, 1), "style": number(0, 1), "speed": number(0.7, 1.2),
        "previous_text": text(), "next_text": text(), "language_code": text(),
    }  # fmt: skip
    return {
        "minimax/speech-2.8-turbo": Model({**_MINIMAX, **more}, **_SAY),
        "minimax/voice-cloning": Model(
            {"voice_file": file(), "model": text(), "accuracy": number(0, 1),
             "need_noise_reduction": FLAG, "need_volume_normalization": FLAG},
            makes="speech", sound="voice_file", say="-", sound_s=(10, 300),
            more={"clones": True},
        ),
        "elevenlabs/v3": Model(eleven, **prompt),
        "elevenlabs/flash-v2.5": Model(eleven, **prompt),
        "resemble-ai/chatterbox": Model(
            {"prompt": text(must=True), "audio_prompt": file(must=False),
             "exaggeration": number(0.25, 2), "cfg_weight": number(0.2, 1),
             "temperature": number(0.05, 5), "seed": SEED},
            makes="speech", sound="audio_prompt", say="prompt", suffix=".wav",
        ),
        "resemble-ai/chatterbox-pro": Model(
            {"prompt": text(must=True), "voice": text(), "custom_voice": text(),
             "exaggeration": number(0.1, 1), "temperature": number(0.1, 5),
             "pitch": one_of("x-low", "low", "medium", "high", "x-high"), "seed": SEED},
            **prompt, suffix=".wav",
        ),
        "resemble-ai/chatterbox-turbo": Model(
            {"text": text(500, must=True), "voice": text(), "reference_audio": file(must=False),
             "temperature": number(0.05, 5), "seed": SEED, "top_p": number(0, 1), "top_k": SEED,
             "repetition_penalty": number(1, 2)},
            makes="speech", sound="reference_audio", say="text", voice="voice",
            sound_s=(5, 0), suffix=".wav",
        ),
    }  # fmt: skip


def hedra() -> Rows:
    def eleven(characters: int) -> Model:
        return Model(
            {"text": text(characters, must=True), "voice_id": text(must=True),
             "stability": number(0, 1), "speed": number(0.7, 1.2), "language": text()},
            **_SAY,
        )  # fmt: skip

    return {
        "elevenlabs-v3": eleven(5000),
        "elevenlabs-multilingual-v2": eleven(10_000),
        "elevenlabs-voice-clone": Model(
            {"audio": file(), "name": text(must=True)}, makes="speech", sound="audio", say="-",
            more={"clones": True},
        ),
    }  # fmt: skip
