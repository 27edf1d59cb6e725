"""Voices: what turns words into a voice-over."""

from studio.lib.engines import Engine, Kind

SKETCH = Engine(
    name="sketch",
    kind=Kind.VOICE,
    label="Sketch voice",
    path="avatar.engine.speech.sketch:SketchSpeaker",
    inputs=("text*", "audio"),
    clones=True,
    languages="about a hundred, as espeak-ng names them",
    licence="GPL-3.0 (espeak-ng, a program of its own)",
    note="runs on this machine; fitted to the sample, honest about what it is",
)

VOICES: tuple[Engine, ...] = (SKETCH,)
