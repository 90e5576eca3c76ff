"""Write docs/licenses.md from the packages that are installed here; fail if one of them is GPL.

python docs/generate_licenses.py

All that users get is needed here, so everything of pyproject.toml but its extras `docs` and `dev`.
"""

from __future__ import annotations

import ctypes
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TARGET = Path(__file__).parent / "licenses.md"
PROJECT = Path(__file__).parents[1] / "pyproject.toml"

OURS = {"docs", "dev"}
"""The extras that users do not get."""

EITHER = {"opencv-python": "opencv-python-headless", "opencv-python-headless": "opencv-python"}
"""Builds of the same source, of which there is one here."""

DECLARED = {"segment-anything": "Apache-2.0"}
"""What packages without a word on it in their metadata say in their repositories."""

COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )(?<!Library )General Public License|Affero")

GPL_LIBRARIES = frozenset(
    (
        *("davs2", "fftw3", "gsl", "imagequant", "postproc", "readline", "rubberband", "vidstab"),
        *("x264", "x265", "xavs2", "xvidcore"),
    )
)
"""Libraries under the GPL that wheels are known to bring, as their files are called."""

EXPLAINED = {("av", "x264"), ("av", "x265")}
"""Packages and what is in them under the GPL, as the page says."""

HEAD = """\
# Licenses

Written by `make licenses` from the installed packages, on Linux; it fails if one of them is under
the GPL or the AGPL.

samtracker is under Apache-2.0, the shipped weights included. What it needs, and what is needed in
turn, comes as packages of their own, and none of them declares the GPL or the AGPL. One of them,
PyAV, contains libraries under the GPL all the same: see
[below](#the-ffmpeg-builds-in-them).

| package | license, as it declares it | for |
| --- | --- | --- |
"""

FFMPEG = """
The extras of samtracker are called as in `pip install 'samtracker[train]'`. The builds of torch for
NVIDIA's GPUs, which are what pip takes on Linux, also bring CUDA's libraries, under NVIDIA's own
terms.

## The FFmpeg builds in them

| package | what FFmpeg calls itself | `--enable-gpl` | GPL libraries beside it |
| --- | --- | --- | --- |
"""

TAIL = """
PyAV is under BSD-3-Clause, but its wheels on PyPI contain x264 and x265, to which the FFmpeg in
them is linked. Both are under GPL-2.0-or-later, or under licenses that their makers sell. That
FFmpeg was built without `--enable-gpl`, and so calls itself LGPL, does not change what these two
are; PyAV's maintainer says the same
([PyAV issue 2408](https://github.com/PyAV-Org/PyAV/issues/2408)). What follows, as we understand
it:

- **To install and run samtracker**, or to serve its page, nothing follows: the GPL puts no terms on
  use. Your videos, masks and weights are yours.
- **To pass on samtracker's own wheel or source**, nothing either: there is nothing of PyAV in them.
- **To pass on an installation**, such as a container image, an installer or a machine with PyAV's
  wheel on it, is to pass on x264 and x265: keep to the GPL for what is linked with them, with its
  text and the source of all of it. Apache-2.0 allows that under version 3. An image built for
  yourself is not passed on; one that you publish is.
- **Where that cannot be**, buy those licenses, or build PyAV on an FFmpeg without the two:
  `pip install --no-binary av av`, with that FFmpeg's headers at hand. H.264 and H.265 are read by
  FFmpeg's own code, which needs neither. What needs x264 are MP4 videos that are written, those of
  `--save overlay` and `--record`; `samtrack doctor` says whether it is there.

The package imageio-ffmpeg is neither needed nor installed by samtracker: `imageio` reads pictures
here, and asks for it with videos only. Its FFmpeg is built with `--enable-gpl --enable-version3`
and so under GPL-3.0-or-later (0.8.1). libgfortran, libquadmath and libgomp, in the wheels of NumPy,
SciPy and torch, are under the LGPL, or under GPL-3.0 with the GCC Runtime Library Exception, which
allows them in programs of any license.
"""


def reference() -> tuple[str, list[str]]:
    """Return the whole page, and what is wrong with the packages, a line each."""
    uses = _uses()
    wrong = []
    rows = []
    for name in sorted(uses):
        package = _package(name)
        license_ = declared(package)
        if copyleft(license_):
            wrong.append(f"{name} is under {license_}")
        rows.append(f"| {name} | {license_} | {', '.join(sorted(uses[name]))} |\n")
    builds = []
    for name in sorted(uses):
        inside = sorted(_gpl_libraries(name))
        wrong += [f"{name} contains lib{what}" for what in inside if (name, what) not in EXPLAINED]
        for library in _files(name, r"libavcodec\W[^/]*\.so[^/]*$"):
            word, gpl = _word_of(library)
            if gpl or word.startswith("GPL"):
                wrong.append(f"{name} contains FFmpeg under {word}")
            named = ", ".join(inside) or "none"
            builds.append(f"| {name} | {word} | {'yes' if gpl else 'no'} | {named} |\n")
    return HEAD + "".join(rows) + FFMPEG + "".join(builds) + TAIL, wrong


def requirements() -> dict[str, list[Requirement]]:
    """Return what pyproject.toml asks for: `always`, and by extra what users may have."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {"always": project["dependencies"], **extras}
    return {
        extra: [Requirement(line) for line in lines if not line.startswith(project["name"])]
        for extra, lines in asked.items()
        if extra not in OURS
    }


def copyleft(license_: str) -> bool:
    """Return whether the GPL or AGPL must be kept to: alternatives and exceptions free of it."""
    parts = [part for part in re.split(r" AND | OR |[()]", license_) if part.strip()]
    ours = [bool(COPYLEFT.search(part)) and "exception" not in part.lower() for part in parts]
    # With both of them in it, it is for a human to read.
    return all(ours) if " OR " in license_ and " AND " not in license_ else any(ours)


def declared(package: Distribution) -> str:
    """Return the license in a package's metadata, which has three places for it."""
    metadata = package.metadata
    name = canonicalize_name(metadata["Name"])
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", [])
        if line.startswith("License :: ")
    ]
    expression, field = (metadata.get(key) or "" for key in ("License-Expression", "License"))
    short = field.removeprefix("OSI Approved :: ")
    if "\n" in short or short in ("UNKNOWN", "Dual License"):  # some put all of its text there
        short = ""
    known = expression or short or " AND ".join(classified) or DECLARED.get(name, "")
    if not known:
        raise SystemExit(f"{name} declares no license: look into it, and say it in {__file__}")
    return known


def _uses() -> dict[str, set[str]]:
    """Return the extras for which each package is needed, by its name."""
    uses: dict[str, set[str]] = defaultdict(set)
    for extra, wanted in requirements().items():
        for requirement in wanted:
            for name in _with_all_below(requirement):
                uses[name].add(extra)
    return {name: {"always"} if "always" in extras else extras for name, extras in uses.items()}


def _with_all_below(asked: Requirement) -> Iterator[str]:
    """Yield the names of a package and of all that it needs here, each once."""
    waiting, done = [asked], set[tuple[str, frozenset[str]]]()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in done:
            continue
        done.add((name, extras))
        yield name
        for line in _package(name).requires or []:
            below = Requirement(line)
            marker = below.marker
            if not marker or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append(below)


def _package(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        if name in EITHER:
            return distribution(EITHER[name])
        raise SystemExit(f"{name} is not installed here: run make licenses") from None


def _files(name: str, pattern: str) -> list[Path]:
    """Return the files of a package whose paths have a pattern in them."""
    package = _package(name)
    found = [file for file in package.files or [] if re.search(pattern, str(file))]
    return [Path(str(package.locate_file(file))) for file in found]


def _gpl_libraries(name: str) -> set[str]:
    libraries = _files(name, r"\.(so|dylib|dll)\b")
    return {path.name.removeprefix("lib").partition("-")[0] for path in libraries} & GPL_LIBRARIES


def _word_of(library: Path) -> tuple[str, bool]:
    """Return FFmpeg's license by its own word, and whether it was built with the GPL parts."""
    loaded = ctypes.CDLL(str(library))
    for function in (loaded.avcodec_license, loaded.avcodec_configuration):
        function.restype = ctypes.c_char_p
    configuration = loaded.avcodec_configuration().decode()
    return loaded.avcodec_license().decode(), "--enable-gpl" in configuration


if __name__ == "__main__":
    page, wrong = reference()
    TARGET.write_text(page, "utf-8")
    if wrong:
        sys.exit("under the GPL or the AGPL: " + "; ".join(wrong))
