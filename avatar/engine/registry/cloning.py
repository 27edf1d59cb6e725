"""Where sellers make a voice of a sample: a job of its own, before the first text."""

from dataclasses import dataclass

from studio.lib.engines import Engine, Kind, Price


@dataclass(frozen=True)
class Cloning:
    """How a seller clones.

    engine: the endpoint, in its own table of inputs. output: names under which what it made may
    lie, in the object it gives. name: our input for what we call the voice; is_its_id: and that is
    what it goes by. is_file: it makes a file, which goes with every text as `embedding`.
    """

    engine: Engine
    output: tuple[str, ...] = ("voice_id", "custom_voice_id", "voice")
    name: str = ""
    is_its_id: bool = False
    is_file: bool = False


def _endpoint(
    vendor: str, model: str, fields: dict[str, str], price: Price | None = None, **more: object
) -> Engine:
    return Engine(
        name=f"{vendor}:{model}",
        kind=Kind.VOICE,
        label=f"{model} at {vendor}",
        path="",
        vendor=vendor,
        model=model,
        inputs=("audio*",),
        fields=fields,
        price=price,
        **more,  # type: ignore[arg-type]
    )


CLONING: dict[str, Cloning] = {
    "fal:fal-ai/minimax/speech-2.8-hd": Cloning(
        _endpoint("fal", "fal-ai/minimax/voice-clone", {"audio": "audio_url"})
    ),
    **{
        f"fal:fal-ai/qwen-3-tts/text-to-speech/{size}": Cloning(
            _endpoint(
                "fal",
                f"fal-ai/qwen-3-tts/clone-voice/{size}",
                {"audio": "audio_url", "sample_text": "reference_text"},
            ),
            output=("speaker_embedding", "speaker_voice_embedding_file_url"),
            is_file=True,
        )
        for size in ("1.7b", "0.6b")
    },
    "replicate:minimax/speech-2.8-hd": Cloning(
        _endpoint("replicate", "minimax/voice-cloning", {"audio": "voice_file"}, confirmed=False)
    ),
    "wavespeed:minimax/speech-2.6-hd": Cloning(
        _endpoint("wavespeed", "minimax/voice-clone", {"name": "custom_voice_id"}),
        name="name",
        is_its_id=True,
    ),
    **{
        f"hedra:{model}": Cloning(_endpoint("hedra", "elevenlabs-voice-clone", {}), name="name")
        for model in (
            "elevenlabs-v3",
            "elevenlabs-multilingual-v2",
            "elevenlabs-flash-v2-5",
        )
    },
}
