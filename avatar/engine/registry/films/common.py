"""What the tables of hosted performers share."""

from typing import Any

from avatar.engine.options import EMOTIONS as EMOTIONS_HEARD
from avatar.engine.options import SYNC_MODES
from avatar.engine.registry import moods
from studio.lib.engines import PER_FRAME, PER_SECOND, Engine, Kind, Option, Price

CHECKED = "2026-11-20"
HOSTED = "avatar.engine.performers.hosted:HostedPerformer"

EMOTIONS = ("neutral", "happy", "sad", "angry", "disgusted", "surprised")
UPRIGHT_OR_WIDE = ("9:16", "16:9", "1:1", "4:5", "5:4")

SYNC_MODE = Option(
    "bounce",
    SYNC_MODES,
    about="should footage and sound differ; they are made equally long here before",
)
TEMPERATURE = Option(0.5, low=0, high=1, about="how lively the mouth moves")
EMOTION = Option(None, EMOTIONS, about="which feeling the whole face shows")
MODEL_MODE = Option("face", ("lips", "face", "head"), about="how much of the head is redone")
SEED = Option(None, low=0, high=2**31 - 1, about="the same number gives the same film", whole=True)


def second(usd: float, note: str = "", **more: Any) -> Price:
    """more: `by`, `step_s` and `least_s` of a Price."""
    return Price(usd, PER_SECOND, CHECKED, note, **more)


def frame(usd: float, note: str = "") -> Price:
    return Price(usd, PER_FRAME, CHECKED, note)


def like(usd: float, whose: str, **more: Any) -> Price:
    """Counted as another route to the same model takes it."""
    return second(usd, f"not published for this route; counted as {whose} takes it", **more)


# A budget must count something: the dear end of what such models cost elsewhere.
UNPUBLISHED = second(
    0.16, "not published; counted as this much unless the vendor says what it took"
)

KLINGS = second(
    0.0562, "not published for this route; counted as fal takes it for Kling's avatars"
)
KLINGS_PRO = {"pro": UNPUBLISHED.usd}  # what the better mode takes is not published anywhere
FABRIC = {"resolution": {"480p": 0.07}}  # at WaveSpeed
P_VIDEO = {"resolution": {"720p": 0.025}}


def hosted(
    vendor: str, model: str, label: str, rows: str, inputs: str, *, name: str = "", **more: Any
) -> Engine:
    """rows, inputs: words with spaces between."""
    return Engine(
        name=f"{vendor}:{name or model}",
        kind=Kind.PERFORMER,
        label=label,
        path=HOSTED,
        vendor=vendor,
        model=model,
        rows=tuple(rows.split()),
        inputs=tuple(inputs.split()),
        **{"price": UNPUBLISHED, "licence": "the vendor's terms", **_moods(inputs, more), **more},
    )


def _moods(inputs: str, more: dict[str, Any]) -> dict[str, Any]:
    """What an emotion is to it: an option of its own, words where it reads some, or nothing."""
    found = [moods.ACTED] if "prompt" in inputs else []
    options = more.get("options", {})
    found += [moods.REACT] if "emotion" in options else []
    found += [moods.EXPRESSIVENESS] if "expressiveness" in options else []
    return {"moods": {name: _joined(name, found) for name in EMOTIONS_HEARD}} if found else {}


def _joined(name: str, found: list[moods.Moods]) -> dict[str, Any]:
    return {option: value for one in found for option, value in one[name].items()}


def sizes(*names: str, default: str = "") -> Option:
    """A choice of resolutions."""
    return Option(default or names[-1], names, about="of the film")
