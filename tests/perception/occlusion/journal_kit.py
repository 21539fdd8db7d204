"""A small COCO document."""

import numpy as np

from perception.masks import Mask


def document(count=5):
    """`count` images of 60×40 pixels with two objects each."""
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:40] = True
    masks = [Mask.from_array(one).to_coco() for one in (mask, np.roll(mask, 7, axis=1))]
    return {
        "images": [{"id": at, "file_name": f"{at}.png", "width": 60, "height": 40} for at in range(count)],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": f"n{at}-{place}", "image_id": at, "category_id": 1, "segmentation": one}
            for at in range(count)
            for place, one in enumerate(masks)
        ],
    }
