"""Download of weight files: resumed where it stopped, and checked before it takes its name."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from tqdm import tqdm

from samtracker.checkpoints.files import sha256
from samtracker.checkpoints.manifest import WeightEntry, check, locate, manifest
from samtracker.errors import DownloadError, WeightsError

_CHUNK = 1 << 20  # bytes
_TIMEOUT = 30  # seconds without a byte from the server


def download(
    name: str,
    *,
    folder: Path | None = None,
    entries: Mapping[str, WeightEntry] | None = None,
    progress: bool = True,
) -> Path:
    """Fetch a weight file unless it is there already, and return its path.

    The bytes go to `FILE.part`, which takes the name `FILE` only with the right size and sha256.
    What is left of an interrupted download is resumed by the next call. A file of that name with
    another sha256 is replaced.

    Args:
        name: A name of the manifest.
        folder: Where to; None for the user's own (see `cache_folder`).
        entries: The manifest; None for the package's own.
        progress: Whether to show a bar, if standard error is a terminal.

    Raises:
        WeightsError: Unknown name, or a packaged file that is not there.
        DownloadError: No connection, no such file, no space, or a connection that broke off
            (`FILE.part` is kept); or a file that is not the one of the manifest (`FILE.part` is
            removed).
    """
    known = manifest() if entries is None else entries
    if name not in known:
        raise WeightsError(f"no weights are called {name!r}; choose one of {', '.join(known)}")
    entry = known[name]
    if entry.source == "packaged":
        check(locate(entry), entry)
        return entry.path
    target = entry.path if folder is None else folder / entry.file
    if target.is_file() and sha256(target) == entry.sha256:
        return target
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(entry, part, progress=progress)
        size = part.stat().st_size
        if size < entry.size:
            raise _stopped(entry, target, f"{size} of {entry.size} bytes came")
        if size > entry.size or sha256(part) != entry.sha256:
            part.unlink()
            raise _wrong_file(entry)
        part.replace(target)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.exists():
            part.unlink()
            raise _wrong_file(entry) from error
        raise _stopped(entry, target, str(error)) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        # A ValueError is of an address that the server sends us on to.
        raise _stopped(entry, target, str(error).strip("<>")) from error
    return target


def _fetch(entry: WeightEntry, part: Path, *, progress: bool) -> None:
    """Append to `part` what it lacks, or write it anew where the server cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    if have >= entry.size:
        return
    request = urllib.request.Request(entry.source, headers={"User-Agent": "samtracker"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(
                desc=entry.file,
                total=entry.size,
                initial=have if resumed else 0,
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
                disable=None if progress else True,
            ) as bar,
        ):
            # read1 hands over what has come, so that a broken connection loses nothing; a server
            # that never stops is left as soon as it has sent too much.
            while file.tell() <= entry.size and (chunk := response.read1(_CHUNK)):
                file.write(chunk)
                bar.update(len(chunk))


def _stopped(entry: WeightEntry, target: Path, reason: str) -> DownloadError:
    return DownloadError(
        # The reason may quote what the server sent.
        f"download of weights {entry.name!r} stopped: {' '.join(reason.split())}; "
        "run it again to resume, "
        f"or save {entry.source} as {target}"
    )


def _wrong_file(entry: WeightEntry) -> DownloadError:
    return DownloadError(
        f"{entry.source} is not the file that the manifest names as weights {entry.name!r} "
        f"({entry.size} bytes, sha256 {entry.sha256}); what came was removed: run it again, "
        "and if this happens twice do not use that source"
    )
