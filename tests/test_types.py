"""Results converted to what other programs take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

from samtracker.errors import ConfigError
from tests.helpers.results import result

IDS = np.zeros((20, 30), np.uint16)
IDS[2:18, 3:13] = 1
IDS[6:12, 5:9] = 0
IDS[0:4, 20:30] = 4


def test_objects_are_looked_up_and_gone_through() -> None:
    found = result(IDS, lost=(7,), index=5)
    assert [item.id for item in found] == [1, 4, 7]
    assert (len(found), 4 in found, 2 in found) == (3, True, False)
    assert found[4] is found.objects[1]
    with pytest.raises(KeyError, match=r"object 2 is not in frame 5 \(there: 1, 4, 7\)"):
        found[2]
    assert found != result(IDS, lost=(7,), index=5)  # whether they are alike is said by the masks
    assert result(np.zeros_like(IDS))


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf"), "1"])
def test_tolerances_that_are_none(tolerance: Any) -> None:
    for convert in (result(IDS).to_polygons, result(IDS).to_coco):
        with pytest.raises(ConfigError, match=r"tolerance=.* does not fit: give pixels"):
            convert(tolerance=tolerance)


def test_polygons_by_object_with_their_holes() -> None:
    found = result(IDS, lost=(7,)).to_polygons(tolerance=0)
    assert list(found) == [1, 4, 7]
    ((outer, hole),) = found[1]
    assert outer.tolist() == [[3, 2], [13, 2], [13, 18], [3, 18]]
    assert sorted(hole.tolist()) == [[5, 6], [5, 12], [9, 6], [9, 12]]
    assert [[len(ring) for ring in piece] for piece in found[4]] == [[4]]
    assert found[7] == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
@pytest.mark.parametrize("tolerance", [None, 0.0, 1.0])
def test_annotations_of_coco(tolerance: float | None) -> None:
    found = result(IDS, lost=(7,), index=5).to_coco(tolerance=tolerance)
    assert [item["track_id"] for item in found] == [1, 4]
    first = found[0]
    assert (first["image_id"], first["category_id"], first["iscrowd"]) == (5, 1, 0)
    assert (first["bbox"], first["area"], first["score"]) == ([3, 2, 10, 16], 136, 0.5)
    for item in found:
        outline = item["segmentation"]
        if tolerance is not None:
            outline = coco.merge(coco.frPyObjects(outline, *IDS.shape))
        decoded = coco.decode(outline).astype(bool)
        mask = item["track_id"] == IDS
        assert np.count_nonzero(decoded ^ mask) <= 0.02 * np.count_nonzero(mask)
