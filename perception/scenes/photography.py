"""What a cheap camera makes of light: exposure, contrast, blur, noise, JPEG blocks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage


def photograph(light: NDArray[np.float32], rng: np.random.Generator) -> RGBImage:
    """Linear RGB of any scale, float32 [height, width, 3], as a picture of 8 bits."""
    calm = _without_render_noise(light)
    white = max(float(np.percentile(calm, 97)), 1e-3) / rng.uniform(0.75, 1.15)
    tint = rng.uniform(0.92, 1.08, 3).astype(np.float32)
    exposed = np.clip(calm * tint / white, 0, 1) ** (1 / rng.uniform(1.8, 2.5))
    blurred = cv2.GaussianBlur(exposed, (0, 0), rng.uniform(0.3, 0.9))
    grain = rng.normal(0, rng.uniform(0.004, 0.025), blurred.shape)
    picture = (np.clip(blurred + grain, 0, 1) * 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 97))]
    _, packed = cv2.imencode(".jpg", picture[:, :, ::-1], quality)
    return cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)  # type: ignore[return-value, arg-type]


def _without_render_noise(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Few samples leave the light uncertain: bright dots go, then what differs little is averaged."""
    lowest = np.maximum(np.ascontiguousarray(light, np.float32), 1e-4)
    logarithm = np.log(np.minimum(lowest, cv2.medianBlur(lowest, 3) * 1.6))
    calm: NDArray[np.float32] = np.exp(cv2.bilateralFilter(logarithm, 5, 0.35, 1.6))
    return calm
