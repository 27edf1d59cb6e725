"""How fast a generator of the size of Wav2Lip's is on this machine, beside our drawing.

The layers are Wav2Lip's, the weights random: the arithmetic is the same, the pictures are noise.
Finding the face, pasting the 96 px square back and encoding are not in the figure.
"""

import torch
from torch import Tensor, nn

from benchmarks.reel import Spent, Watch

THREADS = 2
BATCHES = 1, 4, 16
SECONDS = 4.0
FACE, MEL = (6, 96, 96), (1, 80, 16)

# (channels out, kernel, stride, padding, residuals after it)
FACE_ENCODER = (
    (16, 7, 1, 3, 0), (32, 3, 2, 1, 2), (64, 3, 2, 1, 3), (128, 3, 2, 1, 2), (256, 3, 2, 1, 2),
    (512, 3, 2, 1, 1), (512, 3, 1, 0, 0),
)  # fmt: skip
AUDIO_ENCODER = (
    (32, 3, 1, 1, 2), (64, 3, (3, 1), 1, 2), (128, 3, 3, 1, 2), (256, 3, (3, 2), 1, 1),
    (512, 3, 1, 0, 0), (512, 1, 1, 0, 0),
)  # fmt: skip
# (channels in, channels out, stride, padding, output padding, residuals)
FACE_DECODER = (
    (1024, 512, 1, 0, 0, 1), (1024, 512, 2, 1, 1, 2), (768, 384, 2, 1, 1, 2),
    (512, 256, 2, 1, 1, 2), (320, 128, 2, 1, 1, 2), (160, 64, 2, 1, 1, 2),
)  # fmt: skip


class Unit(nn.Module):
    """Convolution, batch norm, ReLU; a residual one adds what came in before the ReLU."""

    def __init__(self, conv: nn.Module, channels: int, residual: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv, nn.BatchNorm2d(channels))
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return torch.relu(y + x if self.residual else y)


def _residuals(channels: int, count: int) -> list[nn.Module]:
    return [Unit(nn.Conv2d(channels, channels, 3, 1, 1), channels, True) for _ in range(count)]


def _down(before: int, layers: tuple) -> list[nn.Sequential]:
    blocks = []
    for channels, kernel, stride, padding, residuals in layers:
        first = Unit(nn.Conv2d(before, channels, kernel, stride, padding), channels)
        blocks.append(nn.Sequential(first, *_residuals(channels, residuals)))
        before = channels
    return blocks


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.face = nn.ModuleList(_down(FACE[0], FACE_ENCODER))
        self.face[-1].append(Unit(nn.Conv2d(512, 512, 1), 512))
        self.audio = nn.Sequential(*_down(MEL[0], AUDIO_ENCODER))
        up = [nn.Sequential(Unit(nn.Conv2d(512, 512, 1), 512))]
        for before, channels, stride, padding, more, residuals in FACE_DECODER:
            conv = nn.ConvTranspose2d(before, channels, 3, stride, padding, more)
            up.append(nn.Sequential(Unit(conv, channels), *_residuals(channels, residuals)))
        self.decoder = nn.ModuleList(up)
        last = nn.Conv2d(32, 3, 1), nn.Sigmoid()
        self.output = nn.Sequential(Unit(nn.Conv2d(80, 32, 3, 1, 1), 32), *last)

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        skips = []
        for block in self.face:
            face = block(face)
            skips.append(face)
        x = self.audio(mel)
        for block in self.decoder:
            x = torch.cat([block(x), skips.pop()], dim=1)
        return self.output(x)


@torch.inference_mode()
def peers() -> None:
    """Print frames a second of the generator alone."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    generator = Generator().eval()
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
