"""The shape network: a small U-Net on 32×32 cells of 3×3 pixels, whose narrowest level sees the whole window."""

from __future__ import annotations

from torch import Tensor, nn

from perception.occlusion.network_input import ABOUT

PLANES = 4
_CELL = 3
"""Pixels along a cell's side: 96 become 32."""


def _layer(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class ShapeNetwork(nn.Module):
    """planes [N, 4, 96, 96] and about [N, 6] → logits of the whole mask [N, 1, 96, 96], estimates [N, 2].

    The estimates are the IoU of the hidden part and the probability that a part of the object is hidden.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (24, 40, 80, 128)) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.PixelUnshuffle(_CELL), _layer(PLANES * _CELL * _CELL, widths[0], 1))
        sources = (widths[0], *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(_layer(a, b), *([_layer(b, b)] if a != b else []))
            for a, b in zip(sources, widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.about = nn.Linear(ABOUT, widths[-1])
        self.whole = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * 16, 256), nn.ReLU(), nn.Linear(256, widths[-1] * 16)
        )
        self.deep = _layer(widths[-1], widths[-1])
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        pairs = list(zip(reversed(widths[1:]), reversed(widths[:-1]), strict=True))
        self.narrow = nn.ModuleList(_layer(a, b, 1) for a, b in pairs)
        self.up = nn.ModuleList(_layer(b, b) for _, b in pairs)
        self.leave = nn.Sequential(
            _layer(widths[0], 32, 1), nn.Conv2d(32, 2 * _CELL * _CELL, 1), nn.PixelShuffle(_CELL)
        )
        self.estimates = nn.Sequential(nn.Linear(widths[-1], 64), nn.ReLU(), nn.Linear(64, 2), nn.Sigmoid())

    def forward(self, planes: Tensor, about: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        x, kept = self.enter(planes * 2 - 0.5), []
        for index, block in enumerate(self.down):
            x = block(x if index == 0 else self.pool(x))
            kept.append(x)
        x = x + self.about(about)[:, :, None, None]
        x = self.deep(x + self.whole(x).view_as(x))
        estimates = self.estimates(x.mean((2, 3)))
        for narrow, block, skip in zip(self.narrow, self.up, reversed(kept[:-1]), strict=True):
            x = block(self.grow(narrow(x)) + skip)
        # Cells are too coarse for an outline: where the visible mask can be believed, its own pixels decide.
        own, believed = self.leave(x).chunk(2, 1)
        return own + believed * (2 * planes[:, :1] - 1), estimates
