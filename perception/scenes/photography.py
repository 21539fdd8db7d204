"""What a cheap camera makes of light: exposure, contrast, blur, noise, JPEG blocks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage


def photograph(light: NDArray[np.float32], rng: np.random.Generator) -> RGBImage:
    """Linear RGB of any scale, float32 [height, width, 3], as a picture of 8 bits."""
    # As cameras do it, what is below the horizon gets a middling grey, and a bright sky may burn out.
    street = float(np.median(light[int(len(light) * 0.55) :]))
    white = max(street / rng.uniform(0.1, 0.3), float(np.percentile(light, 97)) * 0.4, 1e-3)
    tint = rng.uniform(0.92, 1.08, 3).astype(np.float32)
    exposed = np.clip(light * tint / white, 0, 1) ** (1 / rng.uniform(1.8, 2.5))
    blurred = cv2.GaussianBlur(exposed, (0, 0), rng.uniform(0.3, 0.9))
    grain = rng.normal(0, rng.uniform(0.004, 0.025), blurred.shape)
    picture = (np.clip(blurred + grain, 0, 1) * 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 97))]
    _, packed = cv2.imencode(".jpg", picture[:, :, ::-1], quality)
    return cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)  # type: ignore[return-value, arg-type]
