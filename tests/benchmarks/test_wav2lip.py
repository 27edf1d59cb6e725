"""That the bench of Wav2Lip measures films of a photo and of footage."""

import re
import subprocess
import sys


def test_shares_of_both_kinds_of_film_are_printed():
    arguments = ["--seconds", "0.2", "--size", "180x320", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.wav2lip", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    for what in ("photo", "footage"):
        assert f"{what}, 180x320, 5 frames:" in done.stdout
    assert len(re.findall(r"times its length with loading", done.stdout)) == 2
    for line in re.findall(r".*network \d+\.\d%.*", done.stdout):
        shares = [float(share) for share in re.findall(r"([\d.]+)%", line)]
        assert abs(sum(shares) - 100) < 1
