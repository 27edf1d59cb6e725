"""HeyGen, directly. Its `model` is the path of its jobs, and `fixed` what tells them apart."""

from avatar.engine.registry.films.common import UPRIGHT_OR_WIDE, hosted, second, sizes
from studio.lib.engines import Option

LIPS = {
    # Ours are equally long; a film of another length than the voice would be refused.
    "enable_dynamic_duration": Option(False, about="let the film become longer or shorter"),
    "disable_music_track": Option(False, about="take the music out"),
    "enable_speech_enhancement": Option(False, about="clean the voice"),
    "fps_mode": Option(None, ("vfr", "cfr", "passthrough"), about="how frames are timed"),
}
TRANSLATED = {
    "output_language": Option(about="into which language: Spanish, German, ..."),
    "input_language": Option(about="which language is spoken; found by itself"),
    "mode": Option("speed", ("speed", "precision")),
    "speaker_num": Option(low=1, high=10, about="how many people speak", whole=True),
    "translate_audio_only": Option(False, about="leave the lips as they are"),
}
TRANSLATING = {"mode": {"speed": 0.0333}, "translate_audio_only": {True: 0.0167}}

HEYGEN = (
    hosted(
        "heygen", "/v3/lipsyncs", "HeyGen Lipsync Speed", "7", "video* audio*",
        name="lipsync-speed", fixed={"mode": "speed"}, options=LIPS, price=second(0.0333),
    ),
    hosted(
        "heygen", "/v3/lipsyncs", "HeyGen Lipsync Precision", "8", "video* audio*",
        name="lipsync-precision", fixed={"mode": "precision"}, options=LIPS, price=second(0.0667),
    ),
    hosted(
        "heygen", "/v3/video-translations", "HeyGen Video Translate", "9",
        "video* output_language*", name="video-translate", options=TRANSLATED, brings_sound=True,
        fixed={"enable_dynamic_duration": False},  # as long as what it was given
        price=second(0.0667, by=TRANSLATING),
        note="translates the voice-over on the footage, in the same voice; without captions",
    ),
    hosted(
        "heygen", "/v3/videos", "HeyGen photo avatar", "10", "image* audio* prompt aspect_ratio",
        name="photo-avatar", fixed={"type": "image"}, aspects=UPRIGHT_OR_WIDE,
        fields={"audio": "audio_asset_id", "prompt": "motion_prompt"},
        options={
            "resolution": sizes("720p", "1080p", "4k", default="1080p"),
            "expressiveness": Option(None, ("low", "medium", "high")),
            "fit": Option("cover", ("cover", "contain"), about="the photo in the frame"),
            "remove_background": Option(False, about="the person only"),
        },
        sizes="720p, 1080p or 4k", price=second(0.05, by={"resolution": {"4k": 0.0667}}),
    ),
)  # fmt: skip
