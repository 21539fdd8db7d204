"""The ground floors of houses: shop windows with what lies in them, doors, awnings, glass halls. It is stuff."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from perception.scenes.parts import Part, Solid
from perception.scenes.textures import Texture, plain

Random = np.random.Generator
PIXELS = 48
"""Of a painted front, for each metre."""


def colour(rng: Random, least: float = 0.02, most: float = 0.6) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A random paint, linear RGB; every other one is nearly grey."""
    found = rng.uniform(least, most, 3)
    if rng.random() < 0.5:
        found = found.mean() * rng.uniform(0.9, 1.1, 3)
    return np.asarray(found, np.float32)


def lettering(rng: Random, picture: Texture, box: tuple[int, int, int, int], paint: np.ndarray) -> None:
    """Write a random word into `box` (left, top, right, bottom) of the picture, as large as it fits."""
    left, top, right, bottom = box
    if right - left < 4 or bottom - top < 4:
        return
    word = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVWaceghilmnorstuy"), int(rng.integers(3, 9))))
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
    (wide, high), _ = cv2.getTextSize(word, font, 1.0, 2)
    scale = min((right - left) / wide, (bottom - top) / high) * 0.85
    ink = np.zeros((bottom - top, right - left), np.uint8)
    cv2.putText(ink, word, (0, len(ink) * 5 // 6), font, scale, 255, max(1, round(scale * 2)), cv2.LINE_AA)
    share = ink[:, :, None].astype(np.float32) / 255
    picture[top:bottom, left:right] += share * (paint - picture[top:bottom, left:right])


def shop_front(rng: Random, wide: float, high: float) -> Texture:
    """A shop: fascia with its name, windows with posters and goods behind them, a door."""
    rows, columns = int(high * PIXELS), int(wide * PIXELS)
    frame = colour(rng, 0.02, 0.5)
    front = plain(rng, (float(frame[0]), float(frame[1]), float(frame[2])), 0.2, 256)
    front = np.ascontiguousarray(cv2.resize(front, (columns, rows)))
    fascia = int(rows * rng.uniform(0.16, 0.24))
    front[:fascia] = colour(rng)
    lettering(rng, front, (columns // 8, fascia // 6, columns * 7 // 8, fascia * 5 // 6), colour(rng, 0.05, 0.9))
    sill = rows - int(rows * rng.uniform(0.05, 0.25))
    edges = np.linspace(0, columns, int(rng.integers(2, 5)) + 1).astype(int)
    door = int(rng.integers(len(edges) - 1))
    for place, (left, right) in enumerate(pairwise(edges)):
        low = rows - 3 if place == door else sill
        inner = (left + 4, fascia + 5, right - 4, low)
        _display(rng, front, inner)
        if place == door:
            middle = (left + right) // 2
            front[fascia:, middle - 2 : middle + 2] = frame
    return front


def glass_hall(rng: Random, wide: float, high: float) -> Texture:
    """A large window front in a grid, the inside and reflections showing."""
    front = np.zeros((int(high * PIXELS), int(wide * PIXELS), 3), np.float32)
    _display(rng, front, (0, 0, front.shape[1], front.shape[0]), busy=4.0)
    bar = colour(rng, 0.05, 0.6)
    step = int(rng.uniform(1.0, 2.0) * PIXELS)
    front[:, ::step] = front[:, 1::step] = front[:, 2::step] = bar
    front[::step] = front[1::step] = bar
    return front


def _display(rng: Random, front: Texture, box: tuple[int, int, int, int], busy: float = 1.0) -> None:
    """What one sees in a shop's window: dark glass, lamps, posters, goods, light from the street."""
    left, top, right, bottom = box
    if right - left < 8 or bottom - top < 8:
        return
    glass = plain(rng, (0.05, 0.055, 0.06), 0.8, 128) * rng.uniform(0.3, 3)
    front[top:bottom, left:right] = cv2.resize(glass, (right - left, bottom - top))
    for _ in range(int(rng.integers(0, 7) * busy)):
        wide, high = (
            rng.uniform(0.06, 0.6) * (right - left) / max(1, busy / 2),
            rng.uniform(0.06, 0.6) * (bottom - top),
        )
        x, y = rng.uniform(left, right - wide), rng.uniform(top, bottom - high)
        corner, end = (int(x), int(y)), (int(x + wide), int(y + high))
        paint = [float(c) for c in colour(rng, 0.02, 0.7)]
        if rng.random() < 0.6:
            cv2.rectangle(front, corner, end, paint, -1)
            if rng.random() < 0.4:
                lettering(rng, front, (*corner, *end), colour(rng, 0.02, 0.9))
        else:
            middle = ((corner[0] + end[0]) // 2, (corner[1] + end[1]) // 2)
            cv2.ellipse(front, middle, (max(1, int(wide / 2)), max(1, int(high / 2))), 0, 0, 360, paint, -1)
    if rng.random() < 0.5:  # the street mirrors itself
        front[top:bottom, left:right] += np.float32(rng.uniform(0.02, 0.15))


def house_door(rng: Random) -> Texture:
    """A door with panels in its frame, for about 1.2 × 2.3 m; sometimes a dark passage."""
    door = np.empty((110, 58, 3), np.float32)
    door[:] = colour(rng, 0.1, 0.7)
    if rng.random() < 0.3:
        door[6:, 5:-5] = colour(rng, 0.005, 0.03)
        return door
    leaf = colour(rng, 0.02, 0.5)
    door[6:, 5:-5] = leaf
    for top, bottom in ((14, 40), (48, 68), (76, 102)):
        for left, right in ((10, 27), (31, 48)):
            door[top:bottom, left:right] = leaf * rng.uniform(0.6, 1.3) if top > 20 else colour(rng, 0.01, 0.2)
    return door


def awning(rng: Random, x0: float, x1: float, y: float, side: int) -> Solid:
    """A sloping cloth over a shop, `side` +1 for houses to the left; it hangs over the pavement."""
    out, high, drop = rng.uniform(0.6, 1.4), rng.uniform(2.7, 3.4), rng.uniform(0.3, 0.8)
    edges = np.linspace(x0, x1, int(rng.integers(1, 8)) + 1)
    first, second = colour(rng), colour(rng)
    stripes = []
    for place, (a, b) in enumerate(pairwise(edges)):
        front = y - side * out
        points = np.array(
            [
                [x, yy, z]
                for x in (a, b)
                for yy, z in ((y, high), (front, high - drop), (front, high - drop - 0.2), (y, high - 0.05))
            ]
        )
        paint = first if place % 2 else second
        stripes.append(Part(points, (float(paint[0]), float(paint[1]), float(paint[2]))))
    return stripes
