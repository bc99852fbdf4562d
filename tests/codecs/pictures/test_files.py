"""One hostile picture file: what is read of it, what is refused, and with which words."""

import io
import random
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from fivefold.codecs.pictures.files import (
    MOST,
    Form,
    Look,
    is_picture,
    look,
    pixels,
    png,
    reform,
)
from fivefold.errors import InputError, MissingExtraError

Image = pytest.importorskip("PIL.Image")


def packed(image, form="PNG", **how):
    kept = io.BytesIO()
    image.save(kept, form, **how)
    return kept.getvalue()


def ramp(width=16, height=8, mode="RGB"):
    """A picture in which no two corners are alike."""
    red, green = np.meshgrid(np.linspace(0, 250, width), np.linspace(0, 250, height))
    return Image.fromarray(np.stack([red, green, 250 - red], 2).astype(np.uint8)).convert(mode)


def chunk(name, content):
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def liar(width, height):
    """A PNG that says that it has so many pixels and holds none."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99)))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_format_is_known_by_its_first_bytes_and_read(form):
    content = packed(ramp(), form)
    assert is_picture(content[:32])
    assert look(content, "a") == Look(16, 8, 3)
    found = pixels(content, "a")
    assert found.shape == (3, 8, 16)
    assert found.dtype == np.uint8
    assert abs(int(found[0, 4, 15]) - 250) < 40


@pytest.mark.parametrize("width", [60_000, 8_193])
def test_a_head_that_says_too_many_pixels_is_refused_before_memory_is_taken(width):
    content = liar(width, width)
    tracemalloc.start()
    with pytest.raises(InputError, match=f"{MOST:,} pixels") as fault:
        pixels(content, "bomb.png", Form(8, 8, 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault.value.code == "too-large"
    assert fault.value.where == "bomb.png"
    assert peak < 1 << 20
    with pytest.raises(InputError, match="limit"):
        look(content, "bomb.png")


def test_a_picture_just_below_the_limit_is_looked_at():
    assert look(liar(8_192, 8_192), "a") == Look(8_192, 8_192, 3)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_half_a_picture_is_damaged(form, kept):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = packed(Image.fromarray(noise), form)
    with pytest.raises(InputError) as fault:
        pixels(content[: int(kept * len(content))], "half", Form(64, 64, 3))
    assert fault.value.code == "damaged"
    assert "--skip-bad" in str(fault.value)


@pytest.mark.parametrize(
    "content", [b"", b"to be or not to be", b"\x89PNG\r\n\x1a\n", b"BM", bytes(99)]
)
def test_what_is_no_picture_is_said_to_be_none(content):
    with pytest.raises(InputError) as fault:
        look(content, "a.png")
    assert fault.value.code == "damaged"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png.*No such file"):
        look(tmp_path / "gone.png", "gone.png")


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_exif_rotation_comes_upright(turn):
    upright = ramp(16, 16)
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    turned = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = turn
    for form in ("PNG", "JPEG"):
        found = pixels(packed(turned, form, exif=exif), "a")
        wanted = np.asarray(upright).transpose(2, 0, 1).astype(int)
        assert np.abs(found - wanted).max() < 40, form


def test_a_turned_picture_is_looked_at_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = packed(ramp(16, 8), "JPEG", exif=exif)
    assert look(content, "a") == Look(8, 16, 3)
    assert pixels(content, "a", Form(8, 16, 3)).shape == (3, 16, 8)


def test_damaged_exif_data_turn_nothing():
    content = packed(ramp(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(range(64)))
    assert look(content, "a") == Look(16, 8, 3)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(form):
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    content = packed(first, form, save_all=True, append_images=[second])
    assert look(content, "a").animated
    assert not look(packed(first, form), "a").animated
    assert abs(pixels(content, "a", Form(8, 8, 3)).astype(int)[:, 4, 4] - [254, 0, 0]).max() < 4


def test_grey_of_sixteen_bits_keeps_its_proportions():
    levels = np.array([[0, 257, 32_896, 65_535]], np.uint16)
    content = packed(Image.fromarray(levels))
    assert look(content, "a").channels == 1
    assert pixels(content, "a").tolist() == [[[0, 1, 128, 255]]]


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 51.0, 255.0], [0, 51, 255]),
        ([np.nan, 0, 1], [0, 0, 255]),
    ],
)
def test_numbers_of_floating_point_are_brought_to_bytes(levels, wanted):
    content = packed(Image.fromarray(np.array([levels], np.float32)), "TIFF")
    assert pixels(content, "a").reshape(-1).tolist() == wanted


def test_a_palette_with_transparency_has_four_channels_and_is_shown_on_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.putpixel((0, 0), 1)
    content = packed(image, transparency=0)
    assert look(content, "a").channels == 4
    assert pixels(content, "a")[:, 1, 1].tolist() == [0, 0, 0, 0]
    assert pixels(content, "a", Form(4, 4, 3))[:, 1, 1].tolist() == [255, 255, 255]
    assert pixels(content, "a", Form(4, 4, 3))[:, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_other_pictures_with_transparency(mode):
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 0)).convert("LA" if mode == "LA" else "RGBA")
    content = packed(image, "PNG")
    assert look(content, "a").channels == 4
    assert pixels(content, "a", Form(4, 4, 1)).min() == 255


def test_cmyk_becomes_colour():
    content = packed(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    assert look(content, "a").channels == 3
    red = pixels(content, "a", Form(8, 8, 3))[:, 4, 4].tolist()
    assert red[0] > 240
    assert max(red[1:]) < 15


@pytest.mark.parametrize("mode", ["1", "L"])
def test_black_and_white_is_grey(mode):
    content = packed(ramp().convert(mode))
    assert look(content, "a").channels == 1
    assert pixels(content, "a", Form(16, 8, 3)).shape == (3, 8, 16)


def test_the_middle_is_kept_or_all_is_bent():
    left = np.zeros((1, 8, 24), np.uint8)
    left[:, :, :8] = 255
    assert reform(left, Form(8, 8, 1)).max() == 0
    assert reform(left, Form(8, 8, 1, "stretch")).max() > 200


def test_a_large_jpeg_is_unpacked_at_a_part_of_its_size_without_a_visible_difference():
    image = ramp(1_000, 800)
    content = packed(image, "JPEG", quality=95)
    small = pixels(content, "a", Form(32, 32, 3)).astype(int)
    whole = reform(pixels(content, "a"), Form(32, 32, 3)).astype(int)
    assert np.abs(small - whole).mean() < 2


def test_a_turned_large_jpeg_is_unpacked_at_a_part_of_its_size_the_right_way_round():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = packed(ramp(1_600, 400), "JPEG", exif=exif)
    form = Form(40, 160, 3)
    whole = reform(pixels(content, "a"), form).astype(int)
    assert np.abs(pixels(content, "a", form) - whole).mean() < 3


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_comes_back_as_it_was(channels):
    levels = np.random.default_rng(0).integers(0, 256, (channels, 5, 7), np.uint8)
    assert (pixels(png(levels), "a", Form(7, 5, channels)) == levels).all()


def test_bytes_of_any_sort_are_a_picture_or_an_input_error():
    draw = random.Random(0)
    seeds = [packed(ramp(), form) for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")]
    named = set()
    for _ in range(300):
        content = bytearray(draw.choice(seeds))
        for _ in range(draw.choice([1, 3, 20])):
            content[draw.randrange(len(content))] = draw.randrange(256)
        try:
            assert pixels(bytes(content), "a", Form(4, 4, 3)).shape == (3, 4, 4)
        except InputError as fault:
            named.add(fault.where)
    assert named == {"a"}


def test_without_pillow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"fivefold\[image\]"):
        look(b"", "a.png")
