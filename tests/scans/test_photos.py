"""Photos are encoded again: upright, small, and without what phones hide in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from agentsys.errors import Invalid
from agentsys.scans import kinds, photos
from agentsys.scans.kinds import ScanKind
from tests.scans.pictures import GPS, PDF, bomb, jpeg, opened, png


def test_the_place_the_phone_and_comments_are_removed() -> None:
    sent = jpeg(with_place=True)
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(GPS)

    stored = kinds.accepted(sent)

    assert stored.kind is ScanKind.JPEG
    assert not opened(stored.content).getexif()
    for secret in (b"Rahasia", b"rahasia", b"Exif"):
        assert secret in sent
        assert secret not in stored.content


def test_a_photo_that_the_phone_turned_stands_upright() -> None:
    lying = opened(kinds.accepted(jpeg(60, 40)).content)
    turned = opened(kinds.accepted(jpeg(60, 40, turned=6)).content)  # a quarter to the right

    assert (lying.size, turned.size) == ((60, 40), (40, 60))
    assert lying.getpixel((5, 20))[0] > 200  # red was on the left
    assert turned.getpixel((20, 5))[0] > 200  # and is on top now
    assert turned.getpixel((20, 55))[0] < 60


def test_a_large_photo_is_scaled_and_a_small_one_is_not() -> None:
    assert opened(kinds.accepted(jpeg(4000, 3000)).content).size == (1600, 1200)
    assert opened(kinds.accepted(png(30, 3300)).content).size == (15, 1600)
    assert opened(kinds.accepted(png(60, 40)).content).size == (60, 40)


def test_what_is_transparent_becomes_white_and_other_colours_stay() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(kinds.accepted(out.getvalue()).content).getpixel((4, 4)) == (255, 255, 255)
    for mode in ("L", "P", "1", "I;16"):
        out = io.BytesIO()
        Image.new(mode, (8, 8)).save(out, "PNG")
        assert kinds.accepted(out.getvalue()).kind is ScanKind.JPEG
    out = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(out, "JPEG")
    assert kinds.accepted(out.getvalue()).kind is ScanKind.JPEG


@pytest.mark.parametrize("side", [4_473, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_args: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(photos.Image.Image, "thumbnail", decode)
    content = bomb(side)
    assert len(content) < 1000

    with pytest.raises(Invalid) as refused:
        kinds.accepted(content)

    assert refused.value.facts["about"] == "scan"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "utuh"),
        (b"<svg onload=alert(1)>", "utuh"),
        (b"<!doctype html>" + PDF, "utuh"),
        (PDF[:20], "utuh"),
        (b"GIF89a", "utuh"),
        (b"PK\x03\x04", "utuh"),
        (b"\xff\xd8\xff\xe0" + b"pixels" + b"\xff\xd9", "dibuka"),
        (png()[:-30], "dibuka"),
        (jpeg(600, 400)[:900], "dibuka"),
        (b"\x89PNG\r\n\x1a\n" + b"pixels" + b"IEND\xaeB`\x82", "dibuka"),
        (bomb(100), "dibuka"),  # with fewer pixels than it says
        (jpeg() + b"\0" * kinds.MOST_BYTES, "12 MB"),
        (PDF + b"0" * kinds.MOST_PDF_BYTES + b"\n%%EOF", "3 MB"),
    ],
)
def test_other_and_broken_files_are_refused_and_say_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        kinds.accepted(content)

    assert words in refused.value.message.text
    assert refused.value.facts["about"] == "scan"


def test_what_is_hidden_behind_a_picture_is_not_stored() -> None:
    stored = kinds.accepted(jpeg() + b"<script>alert(1)</script>" + b"\xff\xd9")

    assert b"script" not in stored.content


def test_a_pdf_stays_as_it_is() -> None:
    assert kinds.accepted(PDF) == kinds.Scan(PDF, ScanKind.PDF)
