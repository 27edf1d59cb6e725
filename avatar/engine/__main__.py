"""python -m avatar.engine SOURCE (--text T | --audio A [--text T] | --idle S) -o OUT.mp4

SOURCE is a photo, or footage where the engine takes it: `--engine sync:sync-3`. What engines over
the network are paid for is kept, so that the same command never pays twice.

Exit codes: 0 done, 2 with one sentence on stderr when it cannot be done, 130 after Ctrl-C.
"""

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from avatar.engine.command import OneSentence, interrupt, quiet_libraries, sentence
from avatar.engine.errors import EngineError, InputError
from avatar.engine.options import EMOTIONS, SYNC_MODES, ReelOptions
from avatar.engine.stages import STAGES

if TYPE_CHECKING:
    from avatar.engine.vendors.journal import FileJournal

BAR_WIDTH = 28
LONG_S = 20.0  # without a word; a vendor takes minutes
SUBTITLES = (".srt", ".vtt")
KNOBS = ("motion", "blink", "expression")
SAME_NAMED = (
    "cover_text",
    "fps",
    "language",
    "voice",
    "voice_sample",
    "emotion",
    "denoiser",
    "transcriber",
    "aligner",
    "prompt",
    "sync_mode",
    "captions",
    "background",
    "punch_in",
    "denoise",
    "loop",
    "label",
    "seed",
    "face_index",
)


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    with quiet_libraries() as stderr:
        try:
            make(parsed, stderr)
        except EngineError as e:
            _clear_bar(stderr)
            print(f"understudy: {sentence(e)}", file=stderr)
            return 2
        except KeyboardInterrupt:
            _clear_bar(stderr)
            print("understudy: stopped; nothing was written.", file=stderr)
            return 130
    return 0


def parser() -> argparse.ArgumentParser:
    from avatar.engine.captions import STYLES

    usage = "one photo and a few words become a reel"
    made = OneSentence(prog="understudy", description=usage, allow_abbrev=False)
    add = made.add_argument
    defaults = ReelOptions()
    add(
        "source",
        type=Path,
        metavar="SOURCE",
        help="JPEG, PNG, WebP or HEIC with one frontal face; or a video of somebody",
    )
    add("--text", help="what is said; with --audio, the words of the voice-over")
    add("--audio", type=Path, help="a voice-over in any format, instead of speaking the text")
    add(
        "--idle",
        type=float,
        metavar="SECONDS",
        help="say nothing: a clip that breathes, blinks and looks about",
    )
    add("-o", "--out", type=Path, required=True, metavar="OUT.mp4")
    add("--language", default=defaults.language, help="as espeak-ng names them: en, de, pt-br, …")
    add("--size", type=_size, default=(defaults.width, defaults.height), metavar="1080x1920")
    add("--fps", type=_fps, default=defaults.fps, help="24, 25, 29.97, 30, 50, 60 or a fraction")
    add("--voice", default=defaults.voice, metavar="NAME[,NAME]", help="who speaks; see --engine")
    add("--voice-sample", type=Path, help="a recording that the voice is fitted to")
    _add_engines(made, defaults)
    add("--captions", choices=(*STYLES, "none"), default=defaults.captions)
    add("--label", default=defaults.label, help="a few words shown in every frame")
    add("--cover-text", default=defaults.cover_text, help="a few words on the cover")
    add(
        "--background",
        default=defaults.background,
        metavar="keep|still|blur|COLOUR|PICTURE",
        help="what is seen behind the person; a colour such as #204060 or navy",
    )
    add("--punch-in", action="store_true", help="cut nearer and back between sentences")
    add("--loop", action="store_true", help="let the last frame go on into the first")
    add("--denoise", action="store_true", help="study --audio without its noise; hear it as it is")
    for knob in KNOBS:
        add(f"--{knob}", type=float, default=getattr(defaults, knob), help="0 is still, 1 natural")
    add("--seed", type=int, default=defaults.seed, help="another seed is another performance")
    add("--face-index", type=int, help="which face of the photo, from 0 at the left")
    add("--face", type=Path, metavar="FACE.npz", help="the analysed photo; written when missing")
    add("--cues", type=Path, metavar="CUES.json", help="write what was said and moved when")
    add("--timings", type=Path, metavar="TIMINGS.json", help="write how long each stage took")
    add("--cover", type=Path, metavar="COVER.jpg", help="write the best early frame")
    add("--subtitles", type=Path, action="append", default=[], metavar="SUBTITLES.srt|vtt")
    add("--cache", type=Path, metavar="FOLDER", help="keep finished stages here, and reuse them")
    add("--device", choices=("auto", "cpu", "cuda"), default=defaults.device)
    return made


def _add_engines(parser: argparse.ArgumentParser, defaults: ReelOptions) -> None:
    add = parser.add_argument_group("engines").add_argument
    add(
        "--engine",
        default=defaults.performer,
        metavar="NAME[,NAME]",
        help="who performs, such as sync:sync-3; of several, the first that can",
    )
    add(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of that engine's own, such as temperature=0.5",
    )
    add("--voice-option", action="append", default=[], metavar="NAME=VALUE")
    add("--transcriber", default="", metavar="NAME", help="finds the words of --audio")
    add("--aligner", default="", metavar="NAME", help="says when the words of --text are said")
    add("--denoiser", default="", metavar="NAME", help="frees --audio of its noise")
    add("--prompt", default=defaults.prompt, help="how to act, for engines that read it")
    add("--emotion", choices=EMOTIONS, default=defaults.emotion)
    add(
        "--sync-mode",
        choices=SYNC_MODES,
        default=defaults.sync_mode,
        help="how footage and sound become equally long",
    )
    add("--max-cost", type=_usd, metavar="USD", help="order nothing that would cost more")
    add(
        "--order-again",
        action="store_true",
        help="send an order again of which nobody knows whether it was carried out",
    )


def make(parsed: argparse.Namespace, stderr: TextIO) -> None:
    """Make the reel in a folder beside OUT, then move into place what was asked for."""
    try:
        _check_paths(parsed)
    except OSError as e:  # a name that no file can have, a folder that may not be entered
        raise InputError(f"{str(e.filename)[:60]} cannot be used: {e.strerror}.") from e
    # the libraries behind it take a second to load, too long for a wrong argument
    from avatar.engine.cache import place, place_text, workplace
    from avatar.engine.pipeline import make_reel, system_errors_explained
    from avatar.engine.vendors.access import Access
    from avatar.engine.vendors.orders import Context, home_journal

    journal = home_journal(parsed.max_cost, again=parsed.order_again)
    shown = _Bar(stderr) if stderr.isatty() else _Lines(stderr)
    with (
        _billed(journal, stderr),
        system_errors_explained(),
        workplace(parsed.out.parent) as work,
    ):
        files = make_reel(
            parsed.source,
            work / "reel.mp4",
            text=parsed.text,
            audio=parsed.audio,
            idle_s=parsed.idle,
            options=_options(parsed),
            cache_dir=parsed.cache,
            face=parsed.face,
            context=Context(Access(), journal, on_news=_once(stderr)),
            on_progress=shown,
            on_warning=lambda sentence: _warn(sentence, stderr),
        )
        if parsed.cover:
            place(files.cover, parsed.cover)
        for path in parsed.subtitles:
            place(files.srt if path.suffix.lower() == ".srt" else files.vtt, path)
        if parsed.cues:
            place_text(json.dumps(files.cues, ensure_ascii=False), parsed.cues)
        if parsed.timings:
            place_text(json.dumps(files.timings, indent=2), parsed.timings)
        files.video.replace(parsed.out)


@contextlib.contextmanager
def _billed(journal: "FileJournal", stderr: TextIO) -> Iterator[None]:
    """Say at the end what was paid and what is under way, however it ends."""
    try:
        yield
    finally:
        for line in journal.bill():
            _warn(line, stderr)


def _options(parsed: argparse.Namespace) -> ReelOptions:
    width, height = parsed.size
    names = (*SAME_NAMED, *KNOBS, "device")
    return ReelOptions(
        width=width,
        height=height,
        performer=parsed.engine,
        performer_options=_named_values(parsed.option),
        voice_options=_named_values(parsed.voice_option),
        **{name: getattr(parsed, name) for name in names},
    )


def _named_values(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE as given; a value is JSON where it can be, else text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, is_one, value = pair.partition("=")
        if not is_one or not name:
            raise InputError(f"{pair!r} is no option; NAME=VALUE such as temperature=0.5 is.")
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = value
    return found


def _check_paths(parsed: argparse.Namespace) -> None:
    inputs = [p for p in (parsed.source, parsed.audio, parsed.voice_sample) if p is not None]
    wanted = [parsed.out, parsed.cover, parsed.cues, parsed.timings, *parsed.subtitles]
    outputs = [path for path in wanted if path is not None]
    for path in (*outputs, *([parsed.face] if parsed.face else [])):
        if not path.parent.is_dir():
            raise InputError(f"There is no folder {path.parent} to write {path.name} to.")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file that could be written.")
        if path.exists() and any(path.samefile(given) for given in inputs if given.exists()):
            raise InputError(f"{path} would overwrite what the reel is made from.")
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise InputError("Two of the files to write have the same name.")
    for path in parsed.subtitles:
        if path.suffix.lower() not in SUBTITLES:
            raise InputError(f"{path.name}: subtitles are written as .srt or .vtt.")


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in text.lower().split("x"))
    except ValueError as e:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size; width x height such as 1080x1920 is"
        ) from e
    return width, height


def _usd(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount; US dollars such as 2.50 are")
    return value


def _fps(text: str) -> float:
    from avatar.engine.timing import parse_fps

    try:
        return float(parse_fps(text))
    except InputError as e:
        raise argparse.ArgumentTypeError(str(e)) from e


class _Bar:
    """A progress bar that redraws itself, ten times a second at most."""

    def __init__(self, stderr: TextIO) -> None:
        self.stderr, self.drawn_at, self.clock = stderr, 0.0, _Clock()

    def __call__(self, stage: str, fraction: float) -> None:
        so_far = self.clock.so_far_s(stage)
        if time.monotonic() - self.drawn_at < 0.1 and fraction < 1:
            return
        self.drawn_at = time.monotonic()
        full = round(fraction * BAR_WIDTH)
        bar = "█" * full + "░" * (BAR_WIDTH - full)
        waited = f" ({_minutes(so_far)})" if so_far >= LONG_S else ""
        print(
            f"\r\x1b[K{bar} {fraction:4.0%}  {STAGES[stage].label}{waited}",
            end="\n" if fraction >= 1 else "",
            file=self.stderr,
            flush=True,
        )


class _Lines:
    """One line a stage, for logs; and one now and then while a stage takes minutes."""

    def __init__(self, stderr: TextIO) -> None:
        self.stderr, self.clock, self.said_at = stderr, _Clock(), 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        is_new, label = stage != self.clock.stage, STAGES[stage].label
        so_far = self.clock.so_far_s(stage)
        if is_new:
            self.said_at = 0.0
            print(f"{label} ({list(STAGES).index(stage) + 1}/{len(STAGES)})", file=self.stderr)
        elif so_far - self.said_at >= LONG_S:
            self.said_at = so_far
            print(f"{label}: {fraction:.0%} after {_minutes(so_far)}", file=self.stderr)


class _Clock:
    """For how long a stage has been under way."""

    def __init__(self) -> None:
        self.stage, self.since = "", 0.0

    def so_far_s(self, stage: str) -> float:
        if stage != self.stage:
            self.stage, self.since = stage, time.monotonic()
        return time.monotonic() - self.since


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _once(stderr: TextIO) -> Callable[[str], None]:
    """Each sentence the first time: what is asked after again and again has nothing new to say."""
    told: set[str] = set()

    def tell(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            _warn(sentence, stderr)

    return tell


def _clear_bar(stderr: TextIO) -> None:
    if stderr.isatty():
        print("\r\x1b[K", end="", file=stderr)


def _warn(sentence: str, stderr: TextIO) -> None:
    _clear_bar(stderr)
    print(f"understudy: {sentence}", file=stderr)


if __name__ == "__main__":
    sys.exit(main())
