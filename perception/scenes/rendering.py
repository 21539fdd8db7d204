"""Mitsuba 3 (Jakob et al., 2022) renders the pictures and tells for each pixel which shape it sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from codriver.errors import ResourceError
from perception.masks import BoolImage
from perception.scenes.backdrop import Backdrop, Sheet
from perception.scenes.parts import Part, Solid


@dataclass(frozen=True)
class Camera:
    """A dash camera."""

    width: int
    height: int
    position: tuple[float, float, float]
    pitch: float
    """Radians, positive looks down."""
    yaw: float
    """Radians, positive looks to the left."""
    horizontal_view: float
    """Degrees."""


@cache
def _mitsuba() -> Any:
    try:
        import mitsuba
    except ImportError:
        raise ResourceError(
            "Rendering needs mitsuba, which is not installed; `pip install 'codriver[perception]'` brings it."
        ) from None
    # This variant needs no graphics card and no LLVM.
    mitsuba.set_variant("scalar_rgb")
    mitsuba.set_log_level(mitsuba.LogLevel.Error)
    return mitsuba


@dataclass(frozen=True, eq=False)
class _Geometry:
    """Triangles of one finish."""

    points: NDArray[np.float64]
    """[V, 3]"""
    triangles: NDArray[np.int64]
    """[T, 3], places in `points`."""
    colours: NDArray[np.float64]
    """[T, 3]"""
    finish: dict[str, Any]


class RenderedStreet:
    """A street that is built once and looked at twice: its picture, and which thing each pixel shows."""

    def __init__(self, backdrop: Backdrop, things: Sequence[Solid]) -> None:
        mi = _mitsuba()
        solids = [*(lump.solid for lump in backdrop.lumps), *things]
        geometries = [[_geometry(parts) for parts in _by_finish(solid)] for solid in solids]
        meshes = [_sheet(sheet) for sheet in backdrop.sheets] + [
            _mesh(one) for group in geometries for one in group
        ]
        shapes = {f"shape{number}": mesh for number, mesh in enumerate(meshes)}
        self._scene = mi.load_dict({"type": "scene", **_lights(backdrop), **shapes})
        outlines = [(sheet.corners, _RECTANGLE) for sheet in backdrop.sheets]
        outlines += [_joined([(one.points, one.triangles) for one in group]) for group in geometries]
        self._numbered = _numbered(outlines)

    def image(self, camera: Camera, seed: int, samples: int) -> NDArray[np.float32]:
        """Linear RGB, float32 [height, width, 3], without tone mapping."""
        mi = _mitsuba()
        # Light that comes straight from sun and sky; what bounces costs more time than it adds to a street by day.
        path = mi.load_dict({"type": "path", "max_depth": 2})
        sensor = mi.load_dict(_sensor(camera, samples, "gaussian"))
        rendered: NDArray[np.float32] = np.array(mi.render(self._scene, sensor=sensor, integrator=path, seed=seed))
        return rendered[:, :, :3]

    def owners(self, camera: Camera) -> NDArray[np.int32]:
        """What each pixel shows: -1 the sky, else the place in sheets + lumps + things; int32 [height, width]."""
        return np.subtract(_seen(self._numbered, camera), 1, dtype=np.int32)


def silhouette(solid: Solid, camera: Camera) -> BoolImage:
    """Where the solid is seen when nothing is in front of it, bool [height, width].

    The rays are those of `RenderedStreet.owners`, so it covers every pixel that shows the solid among others.
    """
    geometry = _geometry(solid)
    return _seen(_numbered([(geometry.points, geometry.triangles)]), camera) > 0


_Outline = tuple[NDArray[np.float64], NDArray[np.int64]]
_RECTANGLE = np.array([[0, 1, 2], [0, 2, 3]])


def _joined(outlines: Sequence[_Outline]) -> _Outline:
    starts = np.cumsum([0, *(len(points) for points, _ in outlines)])
    triangles = [corners + start for (_, corners), start in zip(outlines, starts, strict=False)]
    return np.vstack([points for points, _ in outlines]), np.vstack(triangles)


def _numbered(outlines: Sequence[_Outline]) -> Any:
    """A scene of one mesh whose texture coordinate is the place of the outline + 1.

    Mitsuba's own `shape_index` compares each pixel's shape with all others, which takes a hundred times as long.
    """
    mi = _mitsuba()
    points, triangles = _joined(outlines)
    numbers = np.repeat(np.arange(1, len(outlines) + 1), [len(one) for one, _ in outlines])
    mesh = _empty_mesh(len(points), len(triangles), {"type": "diffuse"}, texcoords=True)
    texcoords = np.stack([numbers, np.zeros_like(numbers)], axis=1).astype(np.float32)
    return mi.load_dict({"type": "scene", "all": _filled(mi, mesh, points, triangles, texcoords)})


def _seen(numbered: Any, camera: Camera) -> NDArray[np.int32]:
    """One ray for each pixel: 0 for nothing, else the outline's number."""
    mi = _mitsuba()
    integrator = mi.load_dict({"type": "aov", "aovs": "number:uv"})
    sensor = mi.load_dict(_sensor(camera, 1, "box"))
    rendered = np.array(mi.render(numbered, sensor=sensor, integrator=integrator, seed=0))
    numbers: NDArray[np.int32] = np.rint(rendered[:, :, -2]).astype(np.int32)
    return numbers


def _lights(backdrop: Backdrop) -> dict[str, Any]:
    mi = _mitsuba()
    # Mitsuba's maps have y up; ours is z.
    turn = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    lights: dict[str, Any] = {"sky": {"type": "envmap", "bitmap": mi.Bitmap(backdrop.sky), "to_world": turn}}
    if backdrop.sun_strength > 0:
        strength = [backdrop.sun_strength * channel for channel in (1.0, 0.94, 0.85)]
        lights["sun"] = {
            "type": "directional",
            "direction": list(backdrop.sun),
            "irradiance": {"type": "rgb", "value": strength},
        }
    return lights


def _sensor(camera: Camera, samples: int, rfilter: str) -> dict[str, Any]:
    mi = _mitsuba()
    ahead = np.array(
        [
            np.cos(camera.pitch) * np.cos(camera.yaw),
            np.cos(camera.pitch) * np.sin(camera.yaw),
            -np.sin(camera.pitch),
        ]
    )
    position = np.array(camera.position)
    return {
        "type": "perspective",
        "fov": camera.horizontal_view,
        "fov_axis": "x",
        "near_clip": 0.05,
        "far_clip": 1000.0,
        "to_world": mi.ScalarTransform4f().look_at(position.tolist(), (position + ahead).tolist(), [0, 0, 1]),
        "film": {
            "type": "hdrfilm",
            "width": camera.width,
            "height": camera.height,
            "pixel_format": "rgb",
            "rfilter": {"type": rfilter},
        },
        "sampler": {"type": "independent", "sample_count": samples},
    }


def _by_finish(solid: Solid) -> list[Solid]:
    """All matt parts together; glossy ones by colour, which Mitsuba's plastic wants to be one."""
    groups: dict[tuple[Any, ...], Solid] = {}
    for part in solid:
        groups.setdefault((part.gloss, part.colour) if part.gloss else (), []).append(part)
    return list(groups.values())


def _geometry(parts: Sequence[Part]) -> _Geometry:
    outlines, colours = [], []
    for part in parts:
        hull = ConvexHull(part.points, qhull_options="QJ")
        used, triangles = np.unique(hull.simplices, return_inverse=True)
        points = part.points[used]
        outlines.append((points, _outward(points, triangles.reshape(-1, 3))))
        colours.append(np.repeat([part.colour], len(hull.simplices), axis=0))
    return _Geometry(*_joined(outlines), np.vstack(colours), _finish(parts))


def _mesh(geometry: _Geometry) -> Any:
    mi = _mitsuba()
    finish = {"type": "twosided", "bsdf": geometry.finish}
    mesh = _empty_mesh(len(geometry.points), len(geometry.triangles), finish, texcoords=False)
    mesh.add_attribute("face_color", 3, geometry.colours.astype(np.float32).ravel())
    return _filled(mi, mesh, geometry.points, geometry.triangles)


def _finish(parts: Sequence[Part]) -> dict[str, Any]:
    first = parts[0]
    if first.gloss == 0 or any(part.colour != first.colour for part in parts):
        return {"type": "diffuse", "reflectance": {"type": "mesh_attribute", "name": "face_color"}}
    colour = {"type": "rgb", "value": list(first.colour)}
    return {"type": "plastic", "diffuse_reflectance": colour, "int_ior": 1.3 + 0.4 * first.gloss}


def _outward(points: NDArray[np.float64], triangles: NDArray[Any]) -> NDArray[Any]:
    """The triangles, each turned so that it is seen from outside."""
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = ((corners[:, 0] - points.mean(axis=0)) * normals).sum(axis=1) < 0
    turned = triangles.copy()
    turned[inward] = turned[inward][:, ::-1]
    return turned


def _sheet(sheet: Sheet) -> Any:
    mi = _mitsuba()
    bitmap = mi.Bitmap(sheet.texture)
    reflectance = {"type": "bitmap", "bitmap": bitmap, "raw": True, "filter_type": "bilinear"}
    bsdf = {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": reflectance}}
    mesh = _empty_mesh(4, 2, bsdf, texcoords=True)
    u, v = sheet.repeats
    texcoords = np.array([[0, 0], [u, 0], [u, v], [0, v]], np.float32)
    return _filled(mi, mesh, sheet.corners, _RECTANGLE, texcoords)


def _empty_mesh(vertices: int, faces: int, bsdf: dict[str, Any], *, texcoords: bool) -> Any:
    mi = _mitsuba()
    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict(bsdf)
    return mi.Mesh("mesh", vertices, faces, has_vertex_texcoords=texcoords, props=properties)


def _filled(
    mi: Any, mesh: Any, points: NDArray[Any], triangles: NDArray[Any], texcoords: NDArray[Any] | None = None
) -> Any:
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = points.astype(np.float32).ravel()
    parameters["faces"] = triangles.astype(np.uint32).ravel()
    if texcoords is not None:
        parameters["vertex_texcoords"] = texcoords.ravel()
    parameters.update()
    return mesh
