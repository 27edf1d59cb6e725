"""Qwen3-TTS as a process, run by an interpreter that has qwen-tts.

Source: package qwen-tts 0.1.1.
"""

from typing import Any

from script_parts import seed, serve, write_wav  # type: ignore[import-not-found]

MODEL = "Qwen/Qwen3-TTS-12Hz-1.7B-Base"
MOST_TOKENS = 4096  # at 12 a second more than any piece
_known: dict[tuple[str, str, str], tuple[Any, Any]] = {}


def import_it() -> Any:
    from qwen_tts import Qwen3TTSModel  # type: ignore[import-not-found]

    return Qwen3TTSModel


def speak(question: dict[str, Any], model_class: Any) -> None:
    model, prompt = prepared(question, model_class)
    seed(question["seed"])
    sounds, sample_rate = model.generate_voice_clone(
        text=question["text"],
        language=question["language_name"],
        voice_clone_prompt=prompt,
        max_new_tokens=MOST_TOKENS,
    )
    write_wav(question["out"], list(sounds[0]), int(sample_rate))


def prepared(question: dict[str, Any], model_class: Any) -> tuple[Any, Any]:
    """The model, and the sample as it understands it: listened to once for all pieces."""
    words = question["sample_text"]
    key = (question["model"] or MODEL, question["sample"], words)
    if key not in _known:
        model = load(model_class, key[0])
        prompt = model.create_voice_clone_prompt(
            ref_audio=question["sample"],
            ref_text=words or None,
            x_vector_only_mode=not words,
        )
        _known[key] = model, prompt
    return _known[key]


def load(model_class: Any, name: str) -> Any:
    import torch

    if torch.cuda.is_available():
        return model_class.from_pretrained(name, device_map="cuda:0", dtype=torch.bfloat16)
    return model_class.from_pretrained(name, device_map="cpu", dtype=torch.float32)


if __name__ == "__main__":
    serve(import_it, speak)
