"""Reading, judging and writing sounds."""

import errno
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from avatar.engine.errors import InputError, ResourceError
from avatar.engine.media.ffmpeg import FFmpeg
from avatar.engine.media.loudness import loudness_lufs, normalised, true_peak_dbtp
from avatar.engine.scratch import Scratch
from avatar.engine.types import Samples, Waveform
from studio.lib.sniff import HEAD_BYTES, sniff

__all__ = [
    "SoundReport",
    "inspect_sound",
    "loudness_lufs",
    "normalised",
    "read_sound",
    "stream_sound",
    "true_peak_dbtp",
    "write_wav",
]

MAX_MINUTES = 30
SILENT_DBFS = -60.0  # the loudest 50 ms of a sound; below, nothing can be heard
FRAME_S = 0.05

# Single-file containers only: a playlist in disguise could make ffmpeg open other files.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,webm,mov,mp4,m4a,mp3,mpeg,mpegts,"
    "ogg,tta,w64,wav,wv"
)
NO_SOUND = ("matches no streams", "does not contain any stream")
ALL_CHANNELS, FIRST_CHANNEL = "aformat=channel_layouts=mono", "pan=mono|c0=c0"
RATES = "8000|11025|12000|16000|22050|24000|32000|44100|48000"


def read_sound(path: Path) -> tuple[Waveform, int]:
    """Any sound file, or the sound of a video, as one channel at its own sample rate.

    An unusual rate becomes the nearest of RATES.

    Raises InputError when the file is missing, empty, no sound, without an audio stream, without
    a sample, silent, or longer than MAX_MINUTES.
    """
    sound, sample_rate = stream_sound(path)
    return sound[:], sample_rate


def stream_sound(path: Path) -> tuple[Samples, int]:
    """The same, held on disk: half an hour needs no more memory than a minute."""
    _check_file(path)
    sound, sample_rate = _decoded(path, ALL_CHANNELS)
    if _is_silent(sound, sample_rate):  # two channels may cancel each other out
        sound, sample_rate = _decoded(path, FIRST_CHANNEL)
    if _is_silent(sound, sample_rate):
        raise InputError(f"{path.name} is silent: there is no voice in it.")
    return sound, sample_rate


def _is_silent(sound: Samples, sample_rate: int) -> bool:
    piece = 20 * sample_rate
    return all(
        _frame_levels_dbfs(sound[start : start + piece], sample_rate).max() < SILENT_DBFS
        for start in range(0, len(sound), piece)
    )


def _decoded(path: Path, channels: str) -> tuple[Samples, int]:
    """The samples, and how many there are in a second. channels: the filter that makes one."""
    safe = f"-protocol_whitelist file,pipe -format_whitelist {CONTAINERS}".split()
    filters = f"{channels},aformat=sample_rates={RATES}"
    wanted = f"-map 0:a:0 -af {filters} -c:a pcm_f32le -f wav".split()
    ffmpeg = FFmpeg([*safe, "-i", f"file:{path}", *wanted, "pipe:1"], stdout=subprocess.PIPE)
    stdout = ffmpeg.process.stdout
    assert stdout is not None
    try:
        sample_rate = _wav_sample_rate(stdout)
        sound = _samples(stdout, sample_rate, path)
        ffmpeg.process.wait()
        log = ffmpeg.log_tail()
    finally:
        ffmpeg.kill()
    if not len(sound):
        raise _nothing_decoded(path, log)
    return sound, sample_rate


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as e:
        raise InputError(f"There is no sound file {path.name}.") from e
    if not path.is_file():
        raise InputError(f"{path.name} is not a file.")
    if not size:
        raise InputError(f"{path.name} is empty: it holds no sound.")


def _wav_sample_rate(stdout: IO[bytes]) -> int:
    """Read a WAV header up to its samples. 0 when ffmpeg wrote none."""
    if len(stdout.read(12)) < 12:
        return 0
    sample_rate = 0
    while len(head := stdout.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            return sample_rate
        chunk = stdout.read(size)
        if name == b"fmt ":
            sample_rate = struct.unpack("<I", chunk[4:8])[0]
    return 0


def _samples(stdout: IO[bytes], sample_rate: int, path: Path) -> Samples:
    longest = MAX_MINUTES * 60 * sample_rate + sample_rate // 10  # codecs pad a little
    sound = Scratch()
    while sample_rate and (data := stdout.read(1 << 20)):
        piece = np.frombuffer(data[: len(data) // 4 * 4], dtype="<f4")
        sound.append(np.nan_to_num(piece, nan=0.0, posinf=1.0, neginf=-1.0))
        if len(sound) > longest:
            raise InputError(
                f"{path.name} is longer than {MAX_MINUTES} minutes, the most one reel can hold."
            )
    return sound


def _nothing_decoded(path: Path, log: str) -> InputError:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is not None and kind.mime.startswith(("image/", "application/")):
        return InputError(f"{path.name} is {kind.words}, not a sound.")
    if any(sign in log for sign in NO_SOUND):
        return InputError(f"{path.name} has no sound in it.")
    if "Invalid data found" in log or "not in whitelist" in log or "Error opening input" in log:
        return InputError(f"{path.name} is not a sound file that can be read.")
    return InputError(f"{path.name} holds no sound: its length is zero.")


def write_wav(path: Path, sound: Waveform | Iterator[Waveform], sample_rate: int) -> None:
    """16 bit, written beside and renamed: the file is whole or not there.

    sound: all of it, or one piece after the other.

    Raises ResourceError when it cannot be written.
    """
    beside, n_bytes = "", 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".wav")
        os.close(handle)
        with soundfile.SoundFile(beside, "w", sample_rate, 1, "PCM_16", format="WAV") as file:
            for piece in [sound] if isinstance(sound, np.ndarray) else sound:
                n_bytes += 2 * len(piece)
                file.write(piece)
        os.replace(beside, path)
    except (OSError, soundfile.SoundFileError) as e:
        if beside:
            Path(beside).unlink(missing_ok=True)
        full = getattr(e, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        # libsndfile says "System error." to everything, so the disk itself is asked
        full = full or shutil.disk_usage(path.parent).free < n_bytes
        why = "the disk is full" if full else str(e).rstrip(".")
        raise ResourceError(f"The sound {path.name} could not be saved: {why}.") from e


# What a voice sample needs. The numbers are for a voice to be fitted or cloned well.
SHORTEST_S = 15.0
LEAST_SPEECH_S = 8.0
CLIPPED_LEVEL = 0.985
CLIPPING_WARNING, CLIPPING_PROBLEM = 0.0005, 0.01  # share of samples
SNR_WARNING_DB, SNR_PROBLEM_DB = 25.0, 10.0
QUIET_LUFS = -40.0
SILENCE_BELOW_SPEECH_DB = 25.0


@dataclass
class SoundReport:
    """How well a voice sample will do. Sentences are for the creator."""

    duration_ms: int = 0
    clipping_share: float = 0.0  # of the samples
    noise_floor_dbfs: float = 0.0
    silence_share: float = 0.0  # of the time
    level_lufs: float = 0.0
    problems: list[str] = field(default_factory=list)  # it cannot be used
    warnings: list[str] = field(default_factory=list)  # it can, but better is possible
    usable: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def inspect_sound(path: Path) -> SoundReport:
    """Judge a voice sample. A file that cannot be read is a report with that problem."""
    try:
        waveform, sample_rate = read_sound(path)
    except InputError as e:
        return SoundReport(problems=[str(e)])
    report = _measured(waveform, sample_rate)
    speech_s = report.duration_ms / 1000 * (1 - report.silence_share)
    _judge_length(report, speech_s)
    _judge_quality(report, waveform, sample_rate)
    report.usable = not report.problems
    return report


def _measured(waveform: Waveform, sample_rate: int) -> SoundReport:
    levels = _frame_levels_dbfs(waveform, sample_rate)
    speech = np.percentile(levels, 90)
    return SoundReport(
        duration_ms=round(1000 * len(waveform) / sample_rate),
        clipping_share=round(_clipping_share(waveform), 6),
        noise_floor_dbfs=round(float(np.percentile(levels, 5)), 1),
        silence_share=round(float((levels < speech - SILENCE_BELOW_SPEECH_DB).mean()), 3),
        level_lufs=round(loudness_lufs(waveform, sample_rate), 1),
    )


def _clipping_share(waveform: Waveform) -> float:
    """Samples at the rail whose neighbour is there, too: a peak may touch, clipping stays."""
    high = np.abs(waveform) >= CLIPPED_LEVEL * max(1.0, float(np.abs(waveform).max()))
    return float((high[1:] & high[:-1]).mean()) if len(waveform) > 1 else 0.0


def _judge_length(report: SoundReport, speech_s: float) -> None:
    seconds = report.duration_ms / 1000
    if seconds < SHORTEST_S - 0.05:
        report.problems.append(
            f"The sample is {seconds:.1f} seconds long; {SHORTEST_S:.0f} or more are needed."
        )
    elif speech_s < LEAST_SPEECH_S:
        report.problems.append(
            f"Only {speech_s:.0f} of the {seconds:.0f} seconds are speech;"
            f" {LEAST_SPEECH_S:.0f} or more are needed."
        )
    elif report.silence_share > 0.5:
        report.warnings.append(f"{report.silence_share:.0%} of the sample is silence.")


def _judge_quality(report: SoundReport, waveform: Waveform, sample_rate: int) -> None:
    if report.clipping_share > CLIPPING_PROBLEM:
        report.problems.append(
            f"{report.clipping_share:.1%} of the sample is clipped: record it again, further from"
            " the microphone or with a lower level."
        )
    elif report.clipping_share > CLIPPING_WARNING:
        report.warnings.append("Its loudest moments are clipped; a lower level is cleaner.")
    speech_dbfs = np.percentile(_frame_levels_dbfs(waveform, sample_rate), 90)
    above_noise_db = speech_dbfs - report.noise_floor_dbfs
    if above_noise_db < SNR_PROBLEM_DB:
        report.problems.append(
            f"The voice is only {above_noise_db:.0f} dB above what is behind it (music, noise);"
            f" {SNR_WARNING_DB:.0f} dB is good."
        )
    elif above_noise_db < SNR_WARNING_DB:
        report.warnings.append(
            f"The voice is {above_noise_db:.0f} dB above the noise; {SNR_WARNING_DB:.0f} dB is"
            " good. A quieter room helps."
        )
    if report.level_lufs < QUIET_LUFS:
        report.warnings.append(
            f"The sample is very quiet ({report.level_lufs:.0f} LUFS); speak closer to the"
            " microphone."
        )
    if sample_rate < 16_000:
        report.warnings.append(
            f"The sample rate is {sample_rate:,} Hz, as on the telephone; 16,000 or more is good."
        )


def _frame_levels_dbfs(waveform: Waveform, sample_rate: int) -> NDArray[np.float64]:
    """RMS level of every 50 ms; a shorter sound is one frame."""
    n = max(1, round(FRAME_S * sample_rate))
    n_frames = max(1, len(waveform) // n)
    frames = waveform[: n_frames * n].reshape(n_frames, -1)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / frames.shape[1]
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return levels
