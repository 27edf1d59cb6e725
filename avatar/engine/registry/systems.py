"""The systems that creators ask for, and by which routes each can be reached.

A row without a route says so: nobody publishes how it is spoken to.
"""

from dataclasses import dataclass

from avatar.engine.registry import ENGINES
from avatar.engine.registry.performers import ROUTES
from avatar.engine.registry.voices import VOICE_ROUTES
from studio.lib.engines import Engine

BEGIN, END = "<!-- systems: begin -->", "<!-- systems: end -->"


@dataclass(frozen=True)
class System:
    """row: what `Engine.rows` names. without: why no engine serves it.

    elsewhere: how it is reached, where that is not by an engine of this registry.
    """

    row: str
    name: str
    without: str = ""
    elsewhere: str = ""


NO_API = "no public description of an API"
SYSTEMS = (
    System("1", "Sync.so sync-3"),
    System("2", "Sync.so lipsync-2"),
    System("3", "Sync.so lipsync-2-pro"),
    System("4", "Sync.so lipsync-1.9.0-beta"),
    System("5", "Sync.so React 1"),
    System("6", "WaveSpeed LipSync-3"),
    System("7", "HeyGen Lipsync Speed"),
    System("8", "HeyGen Lipsync Precision"),
    System("9", "HeyGen Video Translate"),
    System("10", "HeyGen photo avatar"),
    System("11", "Omni Human 1.5"),
    System("12", "Omni Human"),
    System("13", "Fabric 1.0 (VEED)"),
    System("14", "P Video Avatar"),
    System("15", "Kling Lip Sync"),
    System("16", "PixVerse Lipsync"),
    System("17", "Hedra Character-3"),
    System("18", "Wav2Lip"),
    System("19", "LatentSync, MuseTalk, SadTalker, InfiniteTalk"),
    System("20", "ElevenLabs v3"),
    System("21", "ElevenLabs Multilingual v2"),
    System("22", "ElevenLabs Flash v2.5"),
    System("23", "MiniMax Speech 2.8 HD"),
    System("24", "Qwen3 TTS"),
    System("25", "Chatterbox"),
    System("26", "Chatterbox Pro"),
    System("27", "Speech to text"),
    System(
        "28",
        "Translation, script text",
        elsewhere="the writer `openai` (`WRITER=openai`) and the translator,"
        " any OpenAI-compatible server",
    ),
    System("29", "Noise reduction"),
    System(
        "30",
        "PicassoIA",
        f"{NO_API}; the models in its catalogue are reached by the routes above",
    ),
    System("31", "Regent", f"{NO_API}; a product of its own, not an engine"),
    System("32", "Instagram, TikTok and the rest", "platforms: [how a post goes out](posting.md)"),
)


def routes(system: System) -> list[Engine]:
    """The engines that reach it, the best first."""
    found = [engine for engine in ENGINES.values() if system.row in engine.rows]
    best_first = {**ROUTES, **VOICE_ROUTES}.get(system.row, ())
    ranks = {name: rank for rank, name in enumerate(best_first)}
    return sorted(found, key=lambda engine: ranks.get(engine.name, len(ranks)))


def table() -> str:
    """Markdown: one line for each system."""
    lines = [
        "| # | system | route | model | status |",
        "|---|---|---|---|---|",
    ]
    for system in SYSTEMS:
        found = routes(system)
        names = "<br>".join(f"`{engine.name}`" for engine in found) or system.elsewhere or "none"
        models = "<br>".join(f"`{e.model}`" if e.model else "-" for e in found) or "-"
        status = "<br>".join(_status(engine) for engine in found)
        status = status or system.without or ("over the network" if system.elsewhere else "")
        lines.append(f"| {system.row} | {system.name} | {names} | {models} | {status} |")
    return "\n".join(lines)


def _status(engine: Engine) -> str:
    where = "over the network" if engine.is_hosted else "on this machine"
    if engine.needs:
        where = "on this machine, with files of your own"
    return where if engine.confirmed else f"{where}; id or fields not confirmed by the vendor"


def written_into(page: str) -> str:
    """The page with its table as it should be. Raises ValueError when it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page has no {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
