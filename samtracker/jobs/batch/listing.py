"""Which videos a batch has, and where the prompts of each are."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from samtracker.errors import ConfigError, VideoError
from samtracker.jobs.batch.manifest import SUFFIXES, read_manifest
from samtracker.jobs.batch.storage import exists, is_folder, is_staged, join, list_folder, matching
from samtracker.jobs.batch.video import BatchVideo, name_of
from samtracker.video.location import VIDEO_SUFFIXES
from samtracker.video.stills import IMAGE_SUFFIXES, natural_order

PROMPT_SUFFIXES: Final = (".json", ".txt", *IMAGE_SUFFIXES)
"""Endings of files with prompts; where a video has several files, the first one counts."""

_TEXTS: Final = (".csv", ".json", ".txt", ".yaml", ".yml")
"""Endings of files that may be meant as a manifest."""


def find_videos(
    sources: Iterable[str], *, prompts_from: str | None = None
) -> tuple[BatchVideo, ...]:
    """Find the videos of a batch.

    Args:
        sources: Manifests, folders of videos and of folders of pictures, glob patterns, videos;
            paths, or URLs of fsspec.
        prompts_from: Folder or URL in which the prompts of the video NAME are NAME.json, NAME.txt,
            NAME.png or another picture, or the first picture in the folder NAME; None for the
            folder that the video is in. A manifest may name others.

    Raises:
        ConfigError: There is no such video, two have the same name, or a manifest is damaged.
        VideoError: A folder or manifest cannot be read.
    """
    folders = _PromptFolders(prompts_from)
    videos = [folders.complete(video) for source in sources for video in _videos(source)]
    if not videos:
        raise ConfigError("no video: give a manifest, a folder, a pattern or videos")
    first: dict[str, BatchVideo] = {}
    for video in videos:
        other = first.setdefault(video.name, video)
        if other is not video:
            raise ConfigError(
                f"'{other.source}' and '{video.source}' would both be called '{video.name}': give "
                "one of them another name in a manifest"
            )
    return tuple(videos)


def _videos(source: str) -> Iterator[BatchVideo]:
    suffix = PurePosixPath(source).suffix.lower()
    if suffix in SUFFIXES:
        yield from read_manifest(source)
    elif is_folder(source):
        yield from map(_named, _in_folder(source))
    elif any(sign in source for sign in "*?["):
        found = matching(source) if is_staged(source) else sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - relative ones stay so
        if not found:
            raise ConfigError(f"no file matches '{source}': check the pattern")
        yield from map(_named, found)
    elif suffix in _TEXTS:
        raise ConfigError(f"'{source}' is no video: a manifest has JSON lines and ends in .jsonl")
    elif exists(source):
        yield _named(source)
    else:
        raise ConfigError(f"no such file or folder: '{source}'; check the path")


def _in_folder(folder: str) -> Iterator[str]:
    """Yield the videos in a folder, and the folders of pictures in it."""
    inside = list_folder(folder)
    found = [
        join(folder, name)
        for name, is_inner in inside.items()
        if (_has_pictures(join(folder, name)) if is_inner else _ends(name, VIDEO_SUFFIXES))
    ]
    if not found:
        reason = "; a folder of pictures is one video: put it into another folder"
        hint = reason if any(_ends(name, IMAGE_SUFFIXES) for name in inside) else ""
        raise ConfigError(f"no video in '{folder}': check the path{hint}")
    yield from found


def _has_pictures(folder: str) -> bool:
    return any(_ends(name, IMAGE_SUFFIXES) for name in list_folder(folder))


def _ends(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(suffixes)


def _named(source: str) -> BatchVideo:
    return BatchVideo(name=name_of(source), source=source)


class _PromptFolders:
    """Finds the prompts of videos; a folder is listed once."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._listed: dict[str, dict[str, bool]] = {}
        if folder is not None:
            self._listed[folder] = list_folder(folder)

    def complete(self, video: BatchVideo) -> BatchVideo:
        """Return a video with its prompts, where it says nothing of them and there are any."""
        if video.prompts is not None or video.boxes or video.points:
            return video
        beside, slash, _ = video.source.rstrip("/").rpartition("/")
        folder = self._folder or (beside or slash or ".")
        return replace(video, prompts=self._find(folder, video))

    def _find(self, folder: str, video: BatchVideo) -> str | None:
        names = self._list(folder)
        for suffix in PROMPT_SUFFIXES:
            for name in names:
                path = join(folder, name)
                if name.lower() == f"{video.name.lower()}{suffix}" and path != video.source:
                    return path
        inner = join(folder, video.name)
        if not names.get(video.name) or Path(inner) == Path(video.source):
            return None
        pictures = [name for name in list_folder(inner) if _ends(name, PROMPT_SUFFIXES)]
        return join(inner, min(pictures, key=natural_order)) if pictures else None

    def _list(self, folder: str) -> dict[str, bool]:
        if folder not in self._listed:
            try:
                self._listed[folder] = list_folder(folder)
            except VideoError:  # so the video cannot be read either, which its job will say
                self._listed[folder] = {}
        return self._listed[folder]
