"""Packages and programs of the same interface as those of open voices."""

import json
import sys
import textwrap
from pathlib import Path

TORCH = """
    bfloat16, float32 = "bfloat16", "float32"
    seeds = []
    def manual_seed(number): seeds.append(number)
    class cuda:
        is_available = staticmethod(lambda: False)
    class Tensor(list):
        def squeeze(self): return self
        def tolist(self): return list(self)
"""
# A buzz, 60 ms a letter: loud enough to be heard, and as long as the text asks.
BUZZ = """
    import math
    def samples(text, hz, rate):
        return [0.4 * math.sin(6.283 * i * hz / rate) for i in range(rate * 6 * len(text) // 100)]
"""
CHATTERBOX = """
    import os, wave
    import sound
    import torch
    if [name for name in os.environ if name.endswith("_KEY")]:
        raise RuntimeError("it was given keys")
    print("a library that prints where answers are expected")
    class {name}:
        sr = 24000
        @classmethod
        def from_pretrained(cls, device):
            assert device == "cpu"
            return cls()
        @classmethod
        def from_local(cls, folder, device):
            assert os.path.isdir(folder)
            return cls()
        def generate(self, text, repetition_penalty=1.2, min_p=0.05, top_p=1.0,
                     audio_prompt_path=None, exaggeration=0.5, cfg_weight=0.5,
                     temperature=0.8{more}):
            if "[fail]" in text:
                raise RuntimeError("CUDA out of memory")
            if "[silent]" in text:
                return torch.Tensor([0.0] * 24000)
            if audio_prompt_path:
                with wave.open(audio_prompt_path) as sample:
                    assert sample.getnframes() > 3 * sample.getframerate()
            hz = 100 + 100 * exaggeration
            return torch.Tensor(sound.samples(text, hz, self.sr))
"""
QWEN = """
    import sound
    class Qwen3TTSModel:
        heard = 0
        @classmethod
        def from_pretrained(cls, repo, device_map=None, dtype=None, attn_implementation=None):
            assert repo.startswith("Qwen/"), repo
            return cls()
        def create_voice_clone_prompt(self, ref_audio, ref_text=None, x_vector_only_mode=False):
            assert ref_text or x_vector_only_mode
            self.heard += 1
            assert self.heard == 1
            return [ref_audio]
        def generate_voice_clone(self, text, language, ref_audio=None, ref_text=None,
                                 voice_clone_prompt=None, max_new_tokens=2048):
            assert language == "English" and voice_clone_prompt
            return [sound.samples(text, 190, 24000)], 24000
"""
PIPER = """
    import argparse, struct, sys, wave
    import sound
    known = argparse.ArgumentParser()
    for name in ("--model", "--config", "--output_file"):
        known.add_argument(name, required=True)
    for name in ("--length_scale", "--noise_scale"):
        known.add_argument(name, type=float)
    known.add_argument("--speaker", type=int)
    given = known.parse_args()
    lines = sys.stdin.read().splitlines()
    assert len(lines) == 1, lines
    if "crash" in lines[0]:
        sys.exit("Error: the voice is not an ONNX model")
    if "nothing" in lines[0]:
        sys.exit(0)
    said = sound.samples(lines[0], 175, int(22050 * given.length_scale))
    with wave.open(given.output_file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22050)
        out.writeframes(b"".join(struct.pack("<h", int(22500 * one)) for one in said))
"""


def write_packages(folder: Path, sound: str = BUZZ) -> Path:
    """An interpreter that has Chatterbox and Qwen3-TTS.

    sound: code of `samples(text, hz, rate)`, which says the text: numbers from -1 to 1.
    """
    files = {
        "sound.py": sound,
        "torch.py": TORCH,
        "qwen_tts.py": QWEN,
        "chatterbox/__init__.py": "",
        "chatterbox/tts.py": CHATTERBOX.format(name="ChatterboxTTS", more=""),
        "chatterbox/mtl_tts.py": CHATTERBOX.format(
            name="ChatterboxMultilingualTTS", more=', language_id="en"'
        ),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def write_piper(folder: Path, sound: str = BUZZ) -> dict[str, str]:
    """A program and a voice. Returns the environment that names them. sound: as above."""
    (folder / "sound.py").write_text(textwrap.dedent(sound))
    program = folder / "piper"
    program.write_text(f"#!{sys.executable}\n{textwrap.dedent(PIPER)}")
    program.chmod(0o755)
    voice = folder / "en_US-amy-medium.onnx"
    voice.write_bytes(b"onnx")
    about = {"language": {"code": "en_US"}, "espeak": {"voice": "en-us"}}
    (folder / "en_US-amy-medium.onnx.json").write_text(json.dumps(about))
    return {"PIPER_VOICE": str(voice), "PIPER_COMMAND": str(program)}
