"""A checkout of an open model as far as its arguments go: it reads them as the real one does,
finds its weights beside it, and puts a film where the real one would.

Source of the arguments: the inference scripts of bytedance/LatentSync, TMElyralab/MuseTalk and
OpenTalker/SadTalker.
"""

import sys
from pathlib import Path

COMMON = '''
import argparse, json, os, pathlib, shutil, subprocess, sys, time
parser = argparse.ArgumentParser()

def make(out, source, audio):
    """A film that shows the source, moving a little, for as long as the sound."""
    import imageio_ffmpeg
    is_photo = source.endswith((".png", ".jpg", ".jpeg"))
    again = ["-loop", "1", "-framerate", "25"] if is_photo else ["-stream_loop", "-1"]
    sway = "scale=trunc(iw/2)*2:trunc(ih/2)*2,crop=iw-16:ih-16:8+7*sin(t*3):8+7*sin(t*2)"
    even = ["-vf", sway, "-pix_fmt", "yuv420p"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", *again, "-i", source, "-i", audio]
    command += [*even, "-preset", "ultrafast", "-map", "0:v", "-map", "1:a", "-shortest"]
    subprocess.run([*command, str(out)], check=True)

def end(out, source, audio, weights):
    """Behave as the file says that lies beside the weights."""
    for path in (source, audio, weights):
        if not pathlib.Path(path).is_file():
            sys.exit(f"FileNotFoundError: [Errno 2] No such file or directory: {path}")
    how = pathlib.Path("behave.txt").read_text()
    pathlib.Path("temp").mkdir()  # beside it, as the real ones do
    if [name for name in os.environ if name.endswith("_KEY")]:
        sys.exit("It was given keys.")
    print("loading", file=sys.stderr)
    if how == "hang":
        idle = "import time; time.sleep(60)"
        subprocess.Popen([sys.executable, "-c", idle, os.getcwd()])
        pathlib.Path(os.environ["STARTED"]).touch()
        time.sleep(60)
    if how not in ("ok", "make", "broken", "nothing"):
        sys.exit(how)
    out = pathlib.Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    if how == "ok":
        shutil.copyfile("film.mp4", out)
    if how == "make":
        make(out, source, audio)
    if how == "broken":
        out.write_bytes(b"no film")
'''
LATENTSYNC = """
parser.add_argument("--unet_config_path")
parser.add_argument("--inference_ckpt_path", required=True)
parser.add_argument("--video_path", required=True)
parser.add_argument("--audio_path", required=True)
parser.add_argument("--video_out_path", required=True)
parser.add_argument("--inference_steps", type=int, default=20)
parser.add_argument("--guidance_scale", type=float, default=1.0)
parser.add_argument("--seed", type=int, default=1247)
parser.add_argument("--enable_deepcache", action="store_true")
a = parser.parse_args()
end(a.video_out_path, a.video_path, a.audio_path, a.inference_ckpt_path)
"""
MUSETALK = """
parser.add_argument("--inference_config")
parser.add_argument("--unet_model_path")
parser.add_argument("--version", choices=["v1", "v15"])
parser.add_argument("--bbox_shift", type=int, default=0)
parser.add_argument("--fps", type=int, default=25)
parser.add_argument("--batch_size", type=int, default=8)
parser.add_argument("--use_float16", action="store_true")
parser.add_argument("--result_dir")
a = parser.parse_args()
task = json.load(open(a.inference_config))["task_0"]
out = os.path.join(a.result_dir, a.version, "source_voice.mp4")
end(out, task["video_path"], task["audio_path"], a.unet_model_path)
"""
SADTALKER = """
parser.add_argument("--driven_audio")
parser.add_argument("--source_image")
parser.add_argument("--preprocess", choices=["crop", "extcrop", "resize", "full", "extfull"])
parser.add_argument("--still", action="store_true")
parser.add_argument("--enhancer")
parser.add_argument("--size", type=int, default=256)
parser.add_argument("--result_dir")
parser.add_argument("--cpu", action="store_true")
a = parser.parse_args()
out = os.path.join(a.result_dir, "2026_11_21_20.00.00.mp4")
end(out, a.source_image, a.driven_audio, "checkpoints/SadTalker_V0.0.2_256.safetensors")
"""
SCRIPTS = {
    "latentsync": ("scripts/inference.py", LATENTSYNC, "checkpoints/latentsync_unet.pt"),
    "musetalk": ("scripts/inference.py", MUSETALK, "models/musetalkV15/unet.pth"),
    "sadtalker": (
        "inference.py", SADTALKER, "checkpoints/SadTalker_V0.0.2_256.safetensors",
    ),
}  # fmt: skip


def write_checkout(name: str, home: Path, film: Path | None, behave: str = "ok") -> dict[str, str]:
    """Returns the environment that names it. behave: ok, make (as long as the
    sound), broken, nothing, hang, or last words.
    """
    script, code, weights = SCRIPTS[name]
    for path in (script, weights):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / script).write_text(COMMON + code)
    (home / weights).write_text("weights")
    if film is not None:
        (home / "film.mp4").write_bytes(film.read_bytes())
    (home / "behave.txt").write_text(behave)
    upper = name.upper()
    return {f"{upper}_HOME": str(home), f"{upper}_PYTHON": sys.executable}
