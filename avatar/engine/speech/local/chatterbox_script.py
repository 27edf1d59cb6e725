"""Chatterbox as a process, run by an interpreter that has chatterbox-tts.

Source: package chatterbox-tts 0.1.7.
"""

from typing import Any

from script_parts import seed, serve, write_wav  # type: ignore[import-not-found]

ENGLISH = "en"
_models: dict[str, Any] = {}


def import_it() -> Any:
    import chatterbox  # type: ignore[import-not-found]

    return chatterbox


def speak(question: dict[str, Any], _: Any) -> None:
    language = question["language"]
    if language not in _models:
        _models[language] = load(language, question["model"])
    model = _models[language]
    options = {k: v for k, v in question["options"].items() if v is not None}
    if language != ENGLISH:
        options["language_id"] = language
    if question["sample"]:
        options["audio_prompt_path"] = question["sample"]
    seed(question["seed"])
    sound = model.generate(question["text"], **options)  # (1, n)
    write_wav(question["out"], sound.squeeze().tolist(), int(model.sr))


def load(language: str, folder: str) -> Any:
    import torch

    if language == ENGLISH:
        from chatterbox.tts import ChatterboxTTS as Model  # type: ignore[import-not-found]
    else:
        from chatterbox.mtl_tts import (  # type: ignore[import-not-found]
            ChatterboxMultilingualTTS as Model,
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Model.from_local(folder, device) if folder else Model.from_pretrained(device)


if __name__ == "__main__":
    serve(import_it, speak)
