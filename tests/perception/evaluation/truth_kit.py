"""Small scenes with a known truth."""

import json

import cv2
import numpy as np

from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet
from perception.masks import Mask

HEIGHT, WIDTH = 40, 60


def box(x, y, width, height):
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[y : y + height, x : x + width] = 1
    return Mask.from_array(pixels)


def image(*annotations, name="a.png", stuff=None, ignored=None):
    return AnnotatedImage(name, WIDTH, HEIGHT, annotations, stuff, ignored)


def images(*all_images, origin="here"):
    return AnnotationSet(origin, {one.name: one for one in all_images}, {"Car": ("truck",)})


def thing(number, mask, label="Car", **more):
    return Annotation(number, mask, label, **more)


def coco(path, annotations, categories=({"id": 1, "name": "Car"},), file_name="a.png"):
    """Writes a COCO file with one image."""
    document = {
        "images": [{"id": 1, "file_name": file_name, "width": WIDTH, "height": HEIGHT}],
        "categories": list(categories),
        "annotations": [{"image_id": 1, "category_id": 1} | one for one in annotations],
    }
    path.write_text(json.dumps(document))
    return path


def class_map(path, regions):
    """Writes a class map: pixel value → mask, the rest is 0."""
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    for value, mask in regions.items():
        values[mask.to_array()] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), values)
