"""What is read is never replaced, by whatever name it is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from samtracker.errors import OutputError
from samtracker.results.inputs import refuse_inputs
from samtracker.results.output_folder import OutputFolder

VIDEO = "res/overlay.mp4"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results, links to and into them, and a folder of pictures of which one is a result."""
    monkeypatch.chdir(tmp_path)
    for name in (VIDEO, "res/masks/00000.png", "out.partial/overlay.mp4", "other/1.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    Path("pictures").mkdir()
    for link, target in {
        "link.mp4": VIDEO,
        "results": "res",
        "res/tracks.csv": "../other/1.png",
        "pictures/1.png": "../res/masks/00000.png",
        "a b.mp4": VIDEO,
    }.items():
        Path(link).symlink_to(target)
    return tmp_path


@pytest.mark.parametrize(
    "given",
    [
        *(VIDEO, "res/../res/overlay.mp4", "link.mp4", "results/overlay.mp4", Path("link.mp4")),
        *(
            "res",
            "res/masks",
            "res/masks/*.png",
            "**/*.png",
            "res/masks/%05d.png",
            "pictures",
            "res/tracks.csv",
        ),
        *("{folder}/res/overlay.mp4", "file://{folder}/a%20b.mp4"),
    ],
)
def test_what_lies_in_the_results_is_kept(folder: Path, given: str | Path) -> None:
    given = type(given)(str(given).replace("{folder}", str(folder)))
    with (
        pytest.raises(OutputError, match=r" is read, and would be replaced with '.*/res': choose"),
        OutputFolder(Path("res"), overwrite=True, inputs=(None, given)),
    ):
        pass
    assert Path(VIDEO).read_text() == VIDEO
    assert Path("res/tracks.csv").is_symlink()
    assert not Path("res.partial").exists()


def test_what_an_interrupted_run_left_is_kept() -> None:
    with (
        pytest.raises(OutputError, match=r"'out\.partial/overlay\.mp4' is read, and would be"),
        OutputFolder(Path("out"), overwrite=True, inputs=("out.partial/overlay.mp4",)),
    ):
        pass
    assert Path("out.partial/overlay.mp4").read_text() == "out.partial/overlay.mp4"


@pytest.mark.parametrize(
    "given",
    [
        *(None, 0, "0", "other", "other/1.png", "other/*.png", "none.mp4", "res2/overlay.mp4"),
        *("http://127.0.0.1/res/overlay.mp4", "x" * 300, "a\0b", Path("y" * 300)),
    ],
)
def test_everything_else_is_in_nobodys_way(given: str | Path | int | None) -> None:
    Path("0").mkdir()
    for target in ("res", "0", "new"):
        refuse_inputs(Path(target), (given,))


def test_one_file_by_two_names_is_one(folder: Path) -> None:
    os.link(VIDEO, "hard.mp4")
    for given in ("hard.mp4", "link.mp4", VIDEO):
        with pytest.raises(OutputError, match="is read, and would be replaced"):
            refuse_inputs(Path(VIDEO), (given,))
    with pytest.raises(OutputError, match="is read, and would be replaced"):
        refuse_inputs(folder / "new.mp4", ("new.mp4",))


def test_a_file_in_a_folder_that_is_read_is_kept() -> None:
    with pytest.raises(OutputError, match=r"1\.png' is not replaced, because it lies in 'other'"):
        refuse_inputs(Path("other/1.png"), (Path("other"),))
    refuse_inputs(Path("other/2.png"), (Path("other"),))


def test_a_link_that_leads_back_to_itself_is_no_folder() -> None:
    Path("loop").symlink_to("pool")
    Path("pool").symlink_to("loop")
    with (
        pytest.raises(OutputError, match=r"'.*/loop' is a link that leads back to itself: choose"),
        OutputFolder(Path("loop"), overwrite=True),
    ):
        pass
    assert not list(Path().glob("*.partial.partial"))
    assert not Path("loop.partial").exists()
