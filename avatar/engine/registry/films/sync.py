"""Sync.so, directly: all five models with every option."""

from avatar.engine.registry.films.common import (
    EMOTION,
    MODEL_MODE,
    SYNC_MODE,
    TEMPERATURE,
    frame,
    hosted,
)
from studio.lib.engines import Option

FIELDS = {
    "sync_mode": "options.sync_mode",
    "temperature": "options.temperature",
    "occlusion": "options.occlusion_detection_enabled",
    # Two names were seen, none in the documents; this one is how its siblings are called.
    "reasoning": "options.reasoning_enabled",
    "emotion": "options.prompt",
    "model_mode": "options.model_mode",
    "prompt": "options.i2v_prompt",
}
SPEAKER = {
    "active_speaker": Option(False, about="find who speaks among several; paid plans"),
    "speaker_frame": Option(
        low=0, high=10**7, about="the frame in which the speaker is named", whole=True
    ),
    "speaker_x": Option(
        low=0, high=4096, about="where the speaker is in it, in pixels", whole=True
    ),
    "speaker_y": Option(
        low=0, high=4096, about="where the speaker is in it, in pixels", whole=True
    ),
    "speaker_boxes": Option(
        about="[x1, y1, x2, y2] or null for every frame as JSON, or an address of that"
    ),
}
SEGMENTS = {
    "segments": Option(
        about="which part of the footage says which part of the sound: a JSON list of"
        " {startTime, endTime, audioInput: {startTime, endTime}} in seconds"
    )
}
OCCLUSION = Option(False, about="something passes before the mouth; slower")
REASONING = Option(False, about="thinks about the scene first")
SIZES = "480p to 4096x2160"
PLAN = "plans allow 20 seconds to 5 minutes a job; the free ones mark the film"
LIPS = {"sync_mode": SYNC_MODE, **SPEAKER, **SEGMENTS}
DEARER = "the cheapest plan's price"

SYNC = (
    hosted(
        "sync", "sync-3", "Sync sync-3", "1", "video image audio* prompt", fields=FIELDS,
        options=LIPS, longest_s=300, sizes=SIZES, price=frame(0.00534, DEARER), note=PLAN,
    ),
    hosted(
        "sync", "lipsync-2", "Sync lipsync-2", "2", "video* audio*", fields=FIELDS,
        options={**LIPS, "temperature": TEMPERATURE, "occlusion": OCCLUSION}, longest_s=300,
        sizes=SIZES, price=frame(0.002, DEARER), note=f"wants footage of somebody talking; {PLAN}",
    ),
    hosted(
        "sync", "lipsync-2-pro", "Sync lipsync-2-pro", "3", "video* audio*", fields=FIELDS,
        options={
            **LIPS, "temperature": TEMPERATURE, "occlusion": OCCLUSION, "reasoning": REASONING,
        },
        longest_s=300, sizes=SIZES, price=frame(0.00333, DEARER),
        note=f"wants footage of somebody talking; {PLAN}",
    ),
    hosted(
        "sync", "lipsync-1.9.0-beta", "Sync lipsync-1.9.0-beta", "4", "video* audio*",
        fields=FIELDS, options=LIPS, longest_s=300, sizes=SIZES, price=frame(0.001, DEARER),
        note=f"an older model; {PLAN}",
    ),
    hosted(
        "sync", "react-1", "Sync react-1", "5", "video* audio*", fields=FIELDS,
        options={
            "sync_mode": SYNC_MODE, **SEGMENTS, "temperature": TEMPERATURE, "emotion": EMOTION,
            "model_mode": MODEL_MODE,
        },
        longest_s=15, sizes=SIZES, price=frame(0.00667, DEARER),
    ),
)  # fmt: skip
