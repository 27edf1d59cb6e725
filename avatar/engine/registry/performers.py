"""Performers: what turns a photo or footage, and a voice-over, into a film of somebody talking."""

from collections.abc import Mapping

from avatar.engine.registry.films.fal import FAL
from avatar.engine.registry.films.hedra import HEDRA
from avatar.engine.registry.films.heygen import HEYGEN
from avatar.engine.registry.films.local import LOCAL, PUPPET
from avatar.engine.registry.films.makers import MAKERS
from avatar.engine.registry.films.replicate import REPLICATE
from avatar.engine.registry.films.sync import SYNC
from avatar.engine.registry.films.wavespeed import WAVESPEED
from studio.lib.engines import Engine

__all__ = ["PERFORMERS", "PUPPET", "ROUTES"]

PERFORMERS: tuple[Engine, ...] = (
    *LOCAL, *SYNC, *HEYGEN, *MAKERS, *HEDRA, *FAL, *WAVESPEED, *REPLICATE,
)  # fmt: skip

# How each system is reached, the best way first; the keys are `Engine.rows`.
ROUTES: Mapping[str, tuple[str, ...]] = {
    "1": ("sync:sync-3", "wavespeed:sync/lipsync-3", "fal:fal-ai/sync-lipsync/v3"),
    "2": (
        "sync:lipsync-2", "replicate:sync/lipsync-2", "fal:fal-ai/sync-lipsync/v2",
        "wavespeed:sync/lipsync-2",
    ),
    "3": (
        "sync:lipsync-2-pro", "replicate:sync/lipsync-2-pro", "fal:fal-ai/sync-lipsync/v2/pro",
        "wavespeed:sync/lipsync-2-pro",
    ),
    "4": ("sync:lipsync-1.9.0-beta", "fal:fal-ai/sync-lipsync"),
    "5": (
        "sync:react-1", "fal:fal-ai/sync-lipsync/react-1", "replicate:sync/react-1",
        "wavespeed:sync/react-1",
    ),
    "6": ("wavespeed:sync/lipsync-3",),
    "7": ("heygen:lipsync-speed", "replicate:heygen/lipsync-speed"),
    "8": ("heygen:lipsync-precision", "replicate:heygen/lipsync-precision"),
    "9": (
        "heygen:video-translate", "fal:fal-ai/heygen/v2/translate/speed",
        "fal:fal-ai/heygen/v2/translate/precision", "replicate:heygen/video-translate",
    ),
    "10": (
        "heygen:photo-avatar", "fal:fal-ai/heygen/avatar4/image-to-video",
        "hedra:heygen-photo-avatar-4",
    ),
    "11": (
        "fal:fal-ai/bytedance/omnihuman/v1.5", "replicate:bytedance/omni-human-1.5",
        "hedra:omnihuman-15", "wavespeed:bytedance/avatar-omni-human-1.5",
    ),
    "12": (
        "replicate:bytedance/omni-human", "fal:fal-ai/bytedance/omnihuman",
        "wavespeed:bytedance/avatar-omni-human",
    ),
    "13": (
        "fal:veed/fabric-1.0", "fal:veed/fabric-1.0/fast", "wavespeed:veed/fabric-1.0",
        "replicate:veed/fabric-1.0", "hedra:veed-fabric-10",
    ),
    "14": ("replicate:prunaai/p-video-avatar", "wavespeed:pruna-ai/p-video/avatar"),
    "15": (
        "fal:fal-ai/kling-video/lipsync/audio-to-video",
        "wavespeed:kwaivgi/kling-lipsync/audio-to-video", "replicate:kwaivgi/kling-lip-sync",
        "kling:lip-sync",
    ),
    "16": ("fal:fal-ai/pixverse/lipsync", "pixverse:lipsync", "replicate:pixverse/lipsync"),
    "17": ("hedra:hedra-character-3", "hedra:hedra-avatar"),
    "18": ("wav2lip",),
    "19": (
        "latentsync", "musetalk", "sadtalker", "fal:fal-ai/latentsync", "fal:fal-ai/musetalk",
        "fal:fal-ai/infinitalk", "wavespeed:wavespeed-ai/infinitetalk",
        "wavespeed:wavespeed-ai/infinitetalk-fast", "wavespeed:wavespeed-ai/ltx-2.3/lipsync",
        "wavespeed:wavespeed-ai/longcat-avatar-1.5",
    ),
}  # fmt: skip
