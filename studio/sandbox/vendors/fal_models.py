"""The endpoints of fal that animate a photo or a film. Source: @fal-ai/client 1.10.1, llms.txt."""

from typing import Any

from studio.sandbox.vendors import speech_models
from studio.sandbox.vendors.models import FLAG, Model, file, number, one_of, text

_FILM = {"video_url": file(), "audio_url": file()}
_PHOTO = {"image_url": file(), "audio_url": file()}
_MODES = {"sync_mode": one_of("cut_off", "loop", "bounce", "silence", "remap")}
_AT: dict[str, Any] = {"picture": "video_url", "sound": "audio_url"}
_OF: dict[str, Any] = {"picture": "image_url", "sound": "audio_url"}
_FABRIC = {"resolution": one_of("720p", "480p", must=True)}
_EMOTIONS = one_of("happy", "sad", "angry", "disgusted", "surprised", "neutral", must=True)

MODELS = {
    "fal-ai/sync-lipsync": Model(
        {**_FILM, **_MODES, "model": one_of(
            "lipsync-1.9.0-beta", "lipsync-1.8.0", "lipsync-1.7.1")}, **_AT
    ),
    "fal-ai/sync-lipsync/v2": Model(
        {**_FILM, **_MODES, "model": one_of("lipsync-2", "lipsync-2-pro")}, **_AT
    ),
    "fal-ai/sync-lipsync/v2/pro": Model({**_FILM, **_MODES}, **_AT),
    "fal-ai/sync-lipsync/v3": Model({**_FILM, **_MODES}, **_AT),
    "fal-ai/sync-lipsync/react-1": Model(
        {**_FILM, "emotion": _EMOTIONS, "model_mode": one_of("lips", "face", "head"),
         "lipsync_mode": _MODES["sync_mode"], "temperature": number(0, 1)},
        **_AT, fit="bounce", sound_s=(0, 15), film_s=(0, 15),
    ),
    "veed/fabric-1.0": Model({**_PHOTO, **_FABRIC}, **_OF),
    "veed/fabric-1.0/fast": Model({**_PHOTO, **_FABRIC}, **_OF),
    "veed/fabric-1.0/text": Model(
        {"image_url": file(), "text": text(must=True), **_FABRIC, "voice_description": text()},
        "image_url", sound="", say="text",
    ),
    "veed/lipsync": Model({**_FILM}, **_AT),
    "fal-ai/bytedance/omnihuman": Model({**_PHOTO}, **_OF, sound_s=(0, 30)),
    "fal-ai/bytedance/omnihuman/v1.5": Model(
        {**_PHOTO, "prompt": text(), "mask_url": file(must=False),
         "resolution": one_of("1080p", "720p"), "turbo_mode": FLAG},
        **_OF, sound_s=(0, 60), short_side=1080, longest_at={"1080p": 30},
    ),
    "bytedance/omnihuman/v2": Model({**_PHOTO, "prompt": text()}, **_OF, sound_s=(0, 60)),
    "fal-ai/kling-video/lipsync/audio-to-video": Model(
        {**_FILM}, **_AT, fit="film", sound_s=(2, 60), film_s=(2, 60)
    ),
    "fal-ai/kling-video/lipsync/text-to-video": Model(
        {"video_url": file(), "text": text(120, must=True), "voice_id": text(must=True),
         "voice_language": one_of("zh", "en"), "voice_speed": number(0.8, 2)},
        "video_url", sound="", say="text", fit="film", film_s=(2, 60),
    ),
    "fal-ai/kling-video/ai-avatar/v2/standard": Model({**_PHOTO, "prompt": text()}, **_OF),
    "fal-ai/kling-video/ai-avatar/v2/pro": Model({**_PHOTO, "prompt": text()}, **_OF),
    "fal-ai/pixverse/lipsync": Model(
        {"video_url": file(), "audio_url": file(must=False), "text": text(), "voice_id": text()},
        **_AT, say="text", either=("audio_url", "text"),
    ),
    "fal-ai/heygen/avatar4/image-to-video": Model(
        {"image_url": file(), "audio_url": file(must=False), "prompt": text(), "voice": text(),
         "resolution": one_of("360p", "480p", "540p", "720p", "1080p"),
         "aspect_ratio": one_of("16:9", "9:16", "1:1", "4:5", "5:4", "auto"),
         "talking_style": text(), "expression": text(), "caption": FLAG},
        **_OF, say="prompt", either=("audio_url", "prompt"),
    ),
    "fal-ai/heygen/v2/translate/speed": Model(
        {"video_url": file(), "output_language": text(must=True)}, "video_url", sound=""
    ),
    "fal-ai/heygen/v2/translate/precision": Model(
        {"video_url": file(), "output_language": text(must=True)}, "video_url", sound=""
    ),
    **speech_models.fal(),
    "fal-ai/latentsync": Model({**_FILM}, **_AT),
    "fal-ai/musetalk": Model(
        {"source_video_url": file(), "audio_url": file()}, "source_video_url", sound="audio_url"
    ),
    "fal-ai/infinitalk": Model(
        {**_PHOTO, "prompt": text(), "resolution": one_of("480p", "720p")}, **_OF, short_side=480
    ),
}  # fmt: skip


def app_of(endpoint: str) -> str:
    """The part of an endpoint under which its requests lie: its first two segments."""
    return "/".join(endpoint.split("/")[:2])
