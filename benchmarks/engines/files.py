"""What a creator uploads."""

import wave
from pathlib import Path

from benchmarks.engines.person import Files
from studio.sandbox.vendors import media
from studio.sandbox.vendors.sound import say

FOOTAGE_S = 8
# What the recording says; some voices have to be told.
SAID = (
    "This is how I speak when I tell somebody about bread. Flour, water and salt are all it takes,"
    " and a little patience. I feed the starter in the evening, and it works through the night."
    " In the morning the dough is soft and full of bubbles, and the oven is hot. Then I bake."
)


def made_in(folder: Path) -> Files:
    """A portrait in the public domain, espeak-ng's voice, and the portrait moving a little."""
    import matplotlib

    photo = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    footage = folder / "footage.mp4"
    sway = "crop=w=iw-24:h=ih-24:x='12+10*sin(t*2)':y='12+8*sin(t*3)'"
    media.run_ffmpeg(
        "-loop", "1", "-framerate", "25", "-i", str(photo),
        "-f", "lavfi", "-i", "sine=f=180:r=48000",
        "-t", str(FOOTAGE_S), "-vf", f"{sway},scale=720:-2,crop=720:ih-mod(ih\\,2)",
        *media.QUICK, "-c:a", "aac", str(footage),
    )  # fmt: skip
    return Files(photo, _recording(folder / "recording.wav"), footage)


def _recording(path: Path) -> Path:
    speech = say(SAID)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, speech.sample_rate, 0, "NONE", ""))
        out.writeframes(speech.samples.tobytes())
    return path
