"""Exhibits of grids in a report: real ones first, the recommended family next, everything inside the page."""

from dataclasses import replace

import numpy as np
import pytest

from fivefold.compare.exhibits import Exhibit, sheet_of
from fivefold.compare.halls import PLANS, exhibited
from fivefold.compare.nouns import nouns_of
from fivefold.compare.report import comparison_page
from fivefold.compare.result import Comparison


@pytest.fixture
def shown(comparison):
    picture = sheet_of("samples", np.full((4, 3, 8, 8), 9, np.uint8), about="a <note>")
    played = Exhibit("sounds", "sound", "data:audio/wav;base64,AAAA")
    exhibits = [
        replace(picture, family=family) for family in ("flow", "real", comparison.advice.family)
    ]
    exhibits += [replace(played, family="real"), replace(played, family="real")]
    exhibits.append(Exhibit("spectrum", "chart", "<svg></svg>", family="diffusion"))
    return replace(comparison, data=replace(comparison.data, kind="sound"), exhibits=exhibits)


def test_real_ones_hang_first_and_the_recommended_family_next(shown):
    halls = exhibited(shown, nouns_of("sound"))
    assert [hall.key for hall in halls] == ["samples", "sounds", "spectrum"]
    assert [key for key, _, _ in halls[0].walls] == ["real", shown.advice.family, "flow"]
    assert halls[0].walls[0][1] == "Real, held out"
    assert "sounds" in halls[0].about
    assert len(halls[1].walls[0][2]) == 2, "the sounds of one family hang together"


def test_what_is_not_there_has_no_section(comparison):
    assert exhibited(comparison, nouns_of("table")) == []
    assert len({plan.part for plan in PLANS}) == len(PLANS)


def test_the_page_holds_pictures_and_sounds_itself(shown):
    page = comparison_page(shown)
    assert page.count('<img src="data:image/png;base64,') == 3
    assert page.count('<audio controls preload="none" src="data:audio/wav;base64,') == 2
    assert "media-src data:" in page
    assert "a &lt;note&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_exhibits_are_read_as_they_were_written(shown):
    assert Comparison.from_dict(shown.to_dict()).exhibits == shown.exhibits
