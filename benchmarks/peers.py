"""How fast a generator of the size of Wav2Lip's is on this machine, beside our drawing.

The layers are Wav2Lip's, the weights random: the arithmetic is the same, the pictures are noise.
Finding the face, pasting the 96 px square back and encoding are not in the figure.
"""

import torch

from avatar.engine.wav2lip.model import Wav2Lip
from benchmarks.reel import Spent, Watch

THREADS = 2
BATCHES = 1, 4, 16
SECONDS = 4.0
FACE, MEL = (6, 96, 96), (1, 80, 16)


@torch.inference_mode()
def peers() -> None:
    """Print frames a second of the generator alone."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    generator = Wav2Lip().eval()
    numbers = sum(p.numel() for p in generator.parameters())
    print(
        f"Wav2Lip-sized generator alone, {numbers / 1e6:.1f} M weights, {THREADS} threads, fp32:"
    )
    for batch in BATCHES:
        mel, face = torch.randn(batch, *MEL), torch.rand(batch, *FACE)
        assert generator(mel, face).shape == (batch, 3, 96, 96)
        done, watch = 0, Watch()
        while watch.wall_s < SECONDS:
            with watch:
                generator(mel, face)
            done += batch
        spent = Spent(done, watch.wall_s, watch.cpu_s)
        print(
            f"  batch {batch:2} {spent.fps:7.1f} fps {spent.cpu_ms:7.2f} ms of processor a frame"
        )
    print()
