"""What is in an output folder: results of this program, or files of somebody else."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from samtracker.errors import OutputError
from samtracker.results import names

_WHOLE = {
    *(names.OVERLAY, names.ALPHA, names.GIF, names.WEBM),
    *(names.COCO, names.COCO_POLYGONS, names.CVAT, names.PROMPTS),
}
_UNFINISHED = {f".{name}.partial" for name in _WHOLE}  # of a killed run
_FILES = {
    *_WHOLE,
    *(names.RLE, names.CSV, names.MOT, names.MOTS, names.SUMMARY),
    *(names.RESULTS_CSV, names.RESULTS_JSON, names.REPORT, names.BENCH_JSON, names.BENCH_PNG),
    *_UNFINISHED,
    *(name + suffix for name in names.GRAPHS for suffix in (".onnx", ".xml", ".bin")),
    names.PROCESS,
}
_TRACKERS = (names.TRACKER, names.BACKWARD_TRACKER)
_RESUME_FILES = {
    *(names.COMMAND, names.JOB, names.JOURNAL, names.BACKWARD_JOURNAL),
    *(name + suffix for name in _TRACKERS for suffix in ("", ".tmp")),
}
_EXPORT = f'{{\n  "format": "{names.EXPORT_FORMAT}"'.encode()
_NUMBERED = re.compile(r"\d{5,}\.png")  # one of an earlier version may be half written


def is_resumable(folder: Path) -> bool:
    """Return whether a job in a folder can go on from there."""
    return any((folder / names.RESUME / name).is_file() for name in _TRACKERS)


def remove_resume(folder: Path) -> None:
    """Remove what a job in a folder would go on from; whatever cannot be removed stays.

    The trackers go first: what a kill leaves can be gone on with in full, or not at all.
    """
    for name in _TRACKERS:
        with suppress(OSError):
            (folder / names.RESUME / name).unlink()
    shutil.rmtree(folder / names.RESUME, ignore_errors=True)


def has_results(folder: Path) -> bool:
    """Return whether there is anything to keep; a kill before the first result leaves nothing."""
    files = {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}
    none = {Path(names.PROCESS), *(Path(names.RESUME, name) for name in _RESUME_FILES)}
    return is_resumable(folder) or bool(files - none)


def refuse_foreign(folder: Path) -> None:
    """Guard a folder from being replaced that holds anything but results of this program.

    Raises:
        OutputError: It does, or it is no folder.
    """
    if not folder.is_dir():
        raise OutputError(f"'{folder}' is no folder: choose another with output=...")
    for item in folder.iterdir():
        if item.name == names.MASKS and item.is_dir() and not item.is_symlink():
            strange = [
                p for p in item.iterdir() if not (_NUMBERED.fullmatch(p.name) or _is_mask(p))
            ]
        elif item.name == names.PREDICTIONS and item.is_dir() and not item.is_symlink():
            strange = [p for p in item.rglob("*") if not p.is_dir() and not _is_mask(p)]
        elif item.name in _LABELS and item.is_dir() and not item.is_symlink():
            is_label = _LABELS[item.name]
            strange = [p for p in item.rglob("*") if not (p.is_dir() or is_label(p))]
        elif item.name == names.RESUME and item.is_dir() and not item.is_symlink():
            strange = [p for p in item.iterdir() if p.name not in _RESUME_FILES or not p.is_file()]
        elif item.name == names.PROMPTS and item.is_file():
            strange = [] if _begins(item, names.PROMPTS_BEGIN) else [item]
        elif item.name == names.EXPORT_CONFIG and item.is_file():
            strange = [] if _is_export(item) else [item]
        else:
            strange = [] if item.name in _FILES and item.is_file() else [item]
        if strange:
            raise OutputError(
                f"'{folder}' is not replaced, because '{strange[0].relative_to(folder)}' in it "
                "is no result of samtrack: choose another with output=..., or move that away"
            )


def _is_export(path: Path) -> bool:
    """Return whether a file says of exported graphs what they are, as many others are called so."""
    return _begins(path, _EXPORT)


def _is_yolo(path: Path) -> bool:
    """Return whether a file is of labels that we wrote, which their list of classes tells."""
    folder = path.parent if path.parent.name == names.YOLO else path.parents[1]
    ours = _begins(folder / names.YOLO_CLASSES, names.YOLO_BEGIN)
    return ours and path.name.removesuffix(".partial").endswith((".txt", names.YOLO_CLASSES))


def _is_labelme(path: Path) -> bool:
    """Return whether nobody has changed a file with labelme, and a picture is of such a file."""
    if path.name.startswith(".") and path.name.endswith(".partial"):  # of a killed run
        return True
    is_picture = path.suffix == ".jpg"
    return _begins(path.with_suffix(".json") if is_picture else path, names.LABELME_BEGIN)


_LABELS = {names.YOLO: _is_yolo, names.LABELME: _is_labelme}


def _begins(path: Path, begin: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(begin)) == begin
    except OSError:  # there is none
        return False


def _is_mask(path: Path) -> bool:
    """Return whether a file is a PNG as `save_ids` writes them, and not somebody's picture."""
    if not path.is_file():
        return False
    if path.name.startswith(".") and path.name.endswith(".png.partial"):  # of a killed run
        return True
    with path.open("rb") as file:
        head = file.read(26)
    depth_and_type = head[24:26]
    return head[:8] == b"\x89PNG\r\n\x1a\n" and depth_and_type in (b"\x08\x03", b"\x10\x00")
