"""`python -m perception.occlusion.training.train --minutes 80 --out FOLDER`: draw, train, measure, export.

Stopped and started again with the same folder, it goes on from its last checkpoint. It needs torch, which using
the network does not.
"""

from __future__ import annotations

import copy
import json
import math
import time
from pathlib import Path

import click
import cv2
import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from perception.occlusion.network_input import ABOUT
from perception.occlusion.training.composing import SHARES, Composer, batch
from perception.occlusion.training.halving import halve
from perception.occlusion.training.library import draw
from perception.occlusion.training.network import ShapeNetwork

_BATCH = 48
_NEW = 16
"""Samples of a batch that are drawn for it; the others are drawn again from the last ones, some mirrored."""
_KEPT = 4000
_RATE = 3e-3
_HIDDEN_FROM = 0.03
"""An object of which more is hidden counts as hidden for the second estimate."""

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""planes, about, amodal, visible; see `composing.batch`"""


class _Stream:
    """Batches without end."""

    def __init__(self, composer: Composer, seed: int) -> None:
        self._composer, self._random = composer, np.random.default_rng(seed)
        self._kept: list[Tensor] = []
        self._next = 0

    def batch(self) -> Batch:
        new = [torch.from_numpy(one) for one in batch(self._composer, self._random, _NEW)]
        if not self._kept:
            self._kept = [torch.zeros((_KEPT, *one.shape[1:]), dtype=one.dtype) for one in new]
        at = [(self._next + index) % _KEPT for index in range(_NEW)]
        for store, one in zip(self._kept, new, strict=True):
            store[at] = one
        self._next += _NEW
        old = self._random.integers(min(self._next, _KEPT), size=_BATCH - _NEW)
        chosen = torch.from_numpy(np.concatenate([np.array(at), old]))
        planes, about, amodal, visible = (store[chosen] for store in self._kept)
        mirror = torch.from_numpy(self._random.random(_BATCH) < 0.5)
        for one in (planes, amodal, visible):
            one[mirror] = one[mirror].flip(-1)
        return _floats((planes, about, amodal, visible))


def _floats(drawn: Batch) -> Batch:
    planes, about, amodal, visible = drawn
    planes = (planes.float() / 255).contiguous(memory_format=torch.channels_last)
    return planes, about, amodal.float() / 255, visible.float() / 255


def hidden_iou(logits: Tensor, amodal: Tensor, visible: Tensor) -> Tensor:
    """[N]: IoU of the hidden parts; near 1 where neither truth nor guess has one worth speaking of."""
    slack = visible.sum((1, 2, 3)) * 0.01 + 0.5
    guess, truth = (logits > 0).float() * (visible < 0.5), (amodal > 0.5).float() * (visible < 0.5)
    common, joined = (guess * truth).sum((1, 2, 3)), torch.maximum(guess, truth).sum((1, 2, 3))
    return (common + slack) / (joined + slack)


def loss_of(logits: Tensor, estimates: Tensor, drawn: Batch) -> Tensor:
    """Cross-entropy, more where something is in front; soft IoU of the hidden part; errors of the estimates.

    Outside the image nothing counts.
    """
    planes, _, amodal, visible = drawn
    inside = 1 - planes[:, 3:4]
    hidden = (amodal - visible).clamp(0, 1) * inside
    # A weight that depended on the answer would make the network say too much or too little.
    weight = (1 + planes[:, 1:2]) * inside
    entropy = (functional.binary_cross_entropy_with_logits(logits, amodal, reduction="none") * weight).mean()
    # Next to the visible part it is the outline's error that would count.
    away = (1 - functional.max_pool2d(visible, 3, 1, 1)) * inside
    guess, truth = torch.sigmoid(logits) * away, amodal * away
    common, joined = (guess * truth).sum((1, 2, 3)), (guess + truth - guess * truth).sum((1, 2, 3))
    area = visible.sum((1, 2, 3)) * 0.03 + 1
    overlap = (1 - (common + area) / (joined + area)).mean()
    reached = hidden_iou(logits.detach() * inside, amodal * inside, visible)
    honest = (estimates[:, 0] - reached).square().mean()
    said = functional.binary_cross_entropy(estimates[:, 1], _is_hidden(hidden, visible))
    return 2 * entropy + 0.5 * overlap + 0.3 * honest + 0.05 * said


def _is_hidden(hidden: Tensor, visible: Tensor) -> Tensor:
    area = hidden.sum((1, 2, 3))
    return (area > _HIDDEN_FROM * (area + visible.sum((1, 2, 3)))).float()


def export(network: nn.Module, path: Path) -> None:
    """Write the network as ONNX, any number of objects at a time; weights take 16 bits each."""
    network.eval()
    torch.onnx.export(
        network, (torch.zeros(1, 4, 96, 96), torch.zeros(1, ABOUT)), str(path), dynamo=False, opset_version=17,
        input_names=["planes", "about"], output_names=["logits", "estimates"],
        dynamic_axes={name: {0: "n"} for name in ("planes", "about", "logits", "estimates")},
    )  # fmt: skip
    model = onnx.load(path)
    halve(model)
    onnx.save(model, path)


class _Run:
    """Network, its running mean, optimiser, and how far they are."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "checkpoint.pt"
        self.network = ShapeNetwork().to(memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=_RATE, weight_decay=1e-3)
        self.seconds, self.steps = 0.0, 0
        if self.file.exists():
            kept = torch.load(self.file, weights_only=True)
            self.network.load_state_dict(kept["network"])
            self.mean.load_state_dict(kept["mean"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.seconds, self.steps = kept["seconds"], kept["steps"]

    def save(self) -> None:
        part = self.file.with_suffix(".part")
        kept = {"network": self.network.state_dict(), "mean": self.mean.state_dict()}
        kept |= {"optimiser": self.optimiser.state_dict(), "seconds": self.seconds, "steps": self.steps}
        torch.save(kept, part)
        part.replace(self.file)

    def step(self, drawn: Batch, progress: float) -> float:
        rate = min(1.0, (self.steps + 1) / 100) * (0.01 + 0.99 * math.cos(progress * math.pi / 2) ** 2)
        for group in self.optimiser.param_groups:
            group["lr"] = _RATE * rate
        self.network.train()
        logits, estimates = self.network(drawn[0], drawn[1])
        loss = loss_of(logits, estimates, drawn)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        decay = min(0.995, self.steps / (self.steps + 20))
        for ours, theirs in zip(self.mean.state_dict().values(), self.network.state_dict().values(), strict=True):
            if ours.is_floating_point():
                ours.lerp_(theirs, 1 - decay)
        return float(loss.detach())


def measure(network: nn.Module, unseen: Batch) -> dict[str, float]:
    """Mean IoU of the hidden part, with something in front given and not, and how true the estimates are."""
    planes, about, amodal, visible = unseen
    network.eval()
    with torch.no_grad():
        logits, estimates = network(planes, about)
    inside = 1 - planes[:, 3:4]
    hidden = (amodal - visible).clamp(0, 1) * inside
    reached = hidden_iou(logits * inside, amodal * inside, visible)
    much = hidden.sum((1, 2, 3)) / (amodal * inside).sum((1, 2, 3)) > 0.15
    told = planes[:, 1].amax((1, 2)) > 0.2
    is_hidden = _is_hidden(hidden, visible)
    found = {
        "hidden_iou_occluder_given": reached[much & told].mean(),
        "hidden_iou_not_given": reached[much & ~told].mean(),
        "iou_unhidden": reached[is_hidden < 0.5].mean(),
        "estimate_error": (estimates[:, 0] - reached).abs().mean(),
        "said_rightly_hidden": ((estimates[:, 1] > 0.5).float() == is_hidden).float().mean(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


@click.command()
@click.option("--minutes", default=80.0, show_default=True)
@click.option("--shapes", default=16_000, show_default=True, help="Silhouettes in the library.")
@click.option("--threads", default=1, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), required=True)
def main(minutes: float, shapes: int, threads: int, seed: int, folder: Path) -> None:
    """Train the shape network on silhouettes of our own and write FOLDER/shape.onnx and FOLDER/metrics.json."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(folder)
    # Neither shapes nor occlusions that are trained on.
    drawn = batch(Composer(draw(600, seed + 1_000_000, SHARES)), np.random.default_rng(seed), 480)
    planes, about, amodal, visible = (torch.from_numpy(one) for one in drawn)
    unseen = _floats((planes, about, amodal, visible))
    stream = _Stream(Composer(draw(shapes, seed, SHARES)), seed + 7 * run.steps)
    started, told, losses = time.monotonic() - run.seconds, time.monotonic(), [0.0]
    while run.seconds < minutes * 60:
        losses.append(run.step(stream.batch(), run.seconds / (minutes * 60)))
        run.seconds = time.monotonic() - started
        if time.monotonic() - told > 180:
            told = time.monotonic()
            run.save()
            loss, losses = float(np.mean(losses)), []
            click.echo(
                f"{run.seconds / 60:.1f} min, step {run.steps}, loss {loss:.3f}, {measure(run.mean, unseen)}"
            )
    run.save()
    export(run.mean, folder / "shape.onnx")
    final = measure(run.mean, unseen) | {"steps": run.steps, "samples": run.steps * _NEW}
    (folder / "metrics.json").write_text(json.dumps(final, indent=1) + "\n")
    click.echo(json.dumps(final))


if __name__ == "__main__":
    main()
