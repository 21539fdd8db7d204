import io
import json
import struct
import zlib

import cv2
import fsspec
import numpy as np
import pytest
from PIL import Image

from codriver.errors import FileFormatError, InputError
from perception.frames.images import decode_image
from perception.frames.source import SourceOptions, open_source


def picture(width=12, height=5, mode="RGB"):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (250, 10, 20)
    return Image.fromarray(pixels).convert(mode)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def put(path, content=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(picture()) if content is None else content)


def ids(source):
    return [ref.id for ref in source.refs]


def test_a_folder_is_read_in_natural_order_without_what_is_hidden_or_no_image(tmp_path):
    for name in ("b/10.png", "b/2.png", "a.JPG", "c.webp", ".hidden/x.png", "._d.png", "notes.txt"):
        kind = {"JPG": "JPEG", "webp": "WEBP"}.get(name.rsplit(".", 1)[1], "PNG")
        put(tmp_path / name, encoded(picture(), kind))
    source = open_source(str(tmp_path))
    assert ids(source) == ["a.JPG", "b/2.png", "b/10.png", "c.webp"]
    assert ids(open_source(str(tmp_path), SourceOptions(stride=2))) == ["a.JPG", "b/10.png"]
    for ref in source.refs:
        frame = ref.load()
        assert (frame.info.width, frame.info.height) == (12, 5)
        assert frame.image.shape == (5, 12, 3)
        assert frame.image[0, 0, 0] > 200 > 60 > frame.image[0, 0, 2]


def test_globs_single_files_and_urls(tmp_path):
    for name in ("d/1.png", "d/2.png", "e/1.png"):
        put(tmp_path / name)
        fsspec.filesystem("memory").pipe_file(f"/frames/{name}", encoded(picture()))
    assert ids(open_source(f"{tmp_path}/*/1.png")) == ["d/1.png", "e/1.png"]
    assert ids(open_source(f"{tmp_path}/d/2.png")) == ["2.png"]
    source = open_source("memory://frames")
    assert ids(source) == ["d/1.png", "d/2.png", "e/1.png"]
    assert source.refs[0].load().info.sha256 == open_source(f"{tmp_path}/d/1.png").refs[0].load().info.sha256


def test_the_orientation_of_exif_is_applied(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # to be turned by 90 degrees clockwise
    image = decode_image(encoded(picture(), "JPEG", exif=exif, quality=95), "a.jpg")
    assert image.shape == (12, 5, 3)
    assert image[0, -1, 0] > 200
    assert image[-1, 0, 0] < 60


def test_sixteen_bits_and_transparency():
    deep = Image.fromarray(np.full((3, 4), 65535, np.uint16))
    assert decode_image(encoded(deep), "deep.png").tolist() == [[[255] * 3] * 4] * 3
    assert decode_image(encoded(picture(mode="RGBA")), "alpha.png").shape == (5, 12, 3)
    assert decode_image(encoded(picture(mode="P")), "palette.png")[0, 0, 0] > 200


def huge_png(width, height):
    """The header of a picture of this size, and hardly anything else."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is an empty file"),
        (b"GIF89a not really", "is not a JPEG, PNG or WebP image"),
        (encoded(picture(64, 64), "JPEG")[:-200], "is damaged"),
        (encoded(picture(64, 64), "PNG")[:-40], "is damaged"),
        (huge_png(10_000, 10_000), "has 100 megapixels, more than the 64"),
        (huge_png(100_000, 100_000), "pixels"),
    ],
    ids=["empty", "text", "cut jpeg", "cut png", "100 megapixels", "bomb"],
)
def test_what_is_no_readable_image_is_one_sentence(content, sentence):
    with pytest.raises(FileFormatError, match=sentence) as caught:
        decode_image(content, "drive/7.png")
    assert str(caught.value).startswith("drive/7.png ")


def test_a_hundred_megapixels_can_be_allowed():
    image = Image.new("L", (10_000, 10_000))
    assert decode_image(encoded(image, compress_level=1), "wall.png", max_megapixels=101).shape == (
        10_000,
        10_000,
        3,
    )


def test_sequences_of_kitti(tmp_path):
    for name in (
        "2011_09_26/drive_1/image_02/data/0000000007.png",
        "2011_09_26/drive_1/image_02/data/0000000009.png",
        "training/image_02/0001/000003.png",
        "training/image_2/000003.png",
    ):
        put(tmp_path / name)
    found = {ref.id: (ref.sequence, ref.index) for ref in open_source(str(tmp_path)).refs}
    assert found["2011_09_26/drive_1/image_02/data/0000000009.png"] == ("2011_09_26/drive_1/image_02", 9)
    assert found["training/image_02/0001/000003.png"] == ("training/image_02/0001", 3)
    assert found["training/image_2/000003.png"] == ("", 0)
    folders = open_source(str(tmp_path / "training"), SourceOptions(sequences="folder"))
    assert {ref.sequence for ref in folders.refs} == {"image_2", "image_02/0001"}


def test_sequences_of_nuscenes_with_and_without_its_tables(tmp_path):
    names = [f"samples/CAM_FRONT/n015-2018__CAM_FRONT__15324029276{i}.jpg" for i in (30, 10, 20)]
    for name in names:
        put(tmp_path / name, encoded(picture(), "JPEG"))
    found = {ref.id: (ref.sequence, ref.index) for ref in open_source(str(tmp_path)).refs}
    assert [found[name] for name in names] == [("n015-2018/CAM_FRONT", i) for i in (2, 0, 1)]
    rows = [{"filename": n, "timestamp": i, "sample_token": "s"} for i, n in enumerate(names)]
    put(tmp_path / "v1.0-mini/sample_data.json", json.dumps(rows).encode())
    put(tmp_path / "v1.0-mini/sample.json", json.dumps([{"token": "s", "scene_token": "t"}]).encode())
    put(tmp_path / "v1.0-mini/scene.json", json.dumps([{"token": "t", "name": "scene-0061"}]).encode())
    source = open_source(str(tmp_path))
    assert ids(source) == names
    assert {ref.sequence for ref in source.refs} == {"scene-0061/CAM_FRONT"}
    put(tmp_path / "v1.0-mini/sample_data.json", b"[{}]")
    with pytest.raises(FileFormatError, match="nuScenes tables"):
        open_source(str(tmp_path))


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (32, 16))
    for level in range(0, 200, 20):
        writer.write(np.full((16, 32, 3), (0, 0, level), np.uint8))
    writer.release()
    return path


def test_a_video_with_a_stride_in_any_order(clip):
    source = open_source(str(clip), SourceOptions(stride=3))
    assert ids(source) == ["clip.avi#0", "clip.avi#3", "clip.avi#6", "clip.avi#9"]
    frames = {ref.index: ref.load() for ref in reversed(source.refs)}
    for index, frame in frames.items():
        assert frame.info.sequence == "clip.avi"
        assert frame.image.shape == (16, 32, 3)
        assert abs(int(frame.image[8, 8, 0]) - 20 * index) < 8  # red, so RGB
    again = source.refs[1].load()
    assert again.info == frames[3].info


def test_a_broken_video_among_others_fails_when_it_is_read(clip):
    (clip.parent / "broken.mp4").write_bytes(b"no video")
    source = open_source(str(clip.parent))
    assert len(source.refs) == 11
    with pytest.raises(FileFormatError, match="is not a video"):
        source.refs[0].load()


def test_a_source_without_frames_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        open_source(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="holds no files"):
        open_source(str(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="1 file, but no image or video"):
        open_source(str(tmp_path))


def test_a_dataset_inside_its_source_is_left_out(tmp_path):
    put(tmp_path / "1.png")
    put(tmp_path / "out/thumbs/1.png")
    (tmp_path / "out/run.json").write_text("{}")
    assert ids(open_source(str(tmp_path))) == ["1.png"]
