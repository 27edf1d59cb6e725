"""Wav2Lip's generator, with the names that its checkpoints use. Loads torch.

After: Prajwal et al. 2020, "A lip sync expert is all you need for speech to lip generation in the
wild". A face and a fifth of a second of sound become the same face with the mouth of that sound.
"""

import torch
from torch import Tensor, nn

SIDE_PX = 96  # of the face it sees and draws
MASKED_FROM = SIDE_PX // 2  # rows from here on are what it draws anew
FACE_CHANNELS, MEL_CHANNELS, EMBEDDING = 6, 1, 512
Stride = int | tuple[int, int]

# One row a convolution that changes the size: (channels out, kernel, stride, padding), and how
# many residual ones of 3 x 3 follow it.
FACE_ENCODER = (
    ((16, 7, 1, 3), 0),
    ((32, 3, 2, 1), 2),
    ((64, 3, 2, 1), 3),
    ((128, 3, 2, 1), 2),
    ((256, 3, 2, 1), 2),
    ((512, 3, 2, 1), 1),
)
SOUND_ENCODER: tuple[tuple[tuple[int, int, Stride, int], int], ...] = (
    ((32, 3, 1, 1), 2),
    ((64, 3, (3, 1), 1), 2),
    ((128, 3, 3, 1), 2),
    ((256, 3, (3, 2), 1), 1),
    ((512, 3, 1, 0), 0),
    ((512, 1, 1, 0), 0),
)
# (channels in: of the block before and of the skip together, channels out, residual ones)
FACE_DECODER = (
    (1024, 512, 2),
    (768, 384, 2),
    (512, 256, 2),
    (320, 128, 2),
    (160, 64, 2),
)
OUTPUT = (80, 32, 3)


class Block(nn.Module):
    """Convolution, batch norm, ReLU; a residual one adds what came in before the ReLU."""

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, *, residual: bool = False) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels))
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_block(x)
        if self.residual:
            y = y + x
        return torch.relu(y)


class Wav2Lip(nn.Module):
    """mel (N, 1, 80, 16) and face (N, 6, 96, 96) in [0, 1] to (N, 3, 96, 96) in [0, 1].

    face: BGR with rows 48 to 95 set to 0, then BGR as it is. The result is BGR, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.face_encoder_blocks = nn.ModuleList(_face_encoder())
        self.audio_encoder = nn.Sequential(*_sound_encoder())
        self.face_decoder_blocks = nn.ModuleList(_face_decoder())
        before, between, colours = OUTPUT
        self.output_block = nn.Sequential(
            Block(nn.Conv2d(before, between, 3, padding=1)),
            nn.Conv2d(between, colours, 1),
            nn.Sigmoid(),
        )

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        return self.spoken(mel, self.studied(face))

    def studied(self, face: Tensor) -> list[Tensor]:
        """What the decoder is told of a face at each size, 96 px first."""
        skips = []
        for block in self.face_encoder_blocks:
            face = block(face)
            skips.append(face)
        return skips

    def spoken(self, mel: Tensor, skips: list[Tensor]) -> Tensor:
        """The mouths of some sounds, on as many faces or all on one."""
        x: Tensor = self.audio_encoder(mel)
        for block, skip in zip(self.face_decoder_blocks, reversed(skips), strict=True):
            x = block(x)
            x = torch.cat([x, skip.expand(len(x), -1, -1, -1)], dim=1)
        drawn: Tensor = self.output_block(x)
        return drawn


def _residuals(channels: int, count: int) -> list[Block]:
    return [
        Block(nn.Conv2d(channels, channels, 3, padding=1), residual=True) for _ in range(count)
    ]


def _face_encoder() -> list[nn.Sequential]:
    blocks, before = [], FACE_CHANNELS
    for (channels, kernel, stride, padding), n_residual in FACE_ENCODER:
        down = Block(nn.Conv2d(before, channels, kernel, stride, padding))
        blocks.append(nn.Sequential(down, *_residuals(channels, n_residual)))
        before = channels
    last = Block(nn.Conv2d(before, EMBEDDING, 3)), Block(nn.Conv2d(EMBEDDING, EMBEDDING, 1))
    return [*blocks, nn.Sequential(*last)]


def _sound_encoder() -> list[Block]:
    blocks, before = [], MEL_CHANNELS
    for (channels, kernel, stride, padding), n_residual in SOUND_ENCODER:
        blocks.append(Block(nn.Conv2d(before, channels, kernel, stride, padding)))
        blocks += _residuals(channels, n_residual)
        before = channels
    return blocks


def _face_decoder() -> list[nn.Sequential]:
    first = Block(nn.Conv2d(EMBEDDING, EMBEDDING, 1))
    to_3_px = Block(nn.ConvTranspose2d(2 * EMBEDDING, EMBEDDING, 3))
    blocks = [nn.Sequential(first), nn.Sequential(to_3_px, *_residuals(EMBEDDING, 1))]
    for before, channels, n_residual in FACE_DECODER:
        double = nn.ConvTranspose2d(before, channels, 3, stride=2, padding=1, output_padding=1)
        blocks.append(nn.Sequential(Block(double), *_residuals(channels, n_residual)))
    return blocks
