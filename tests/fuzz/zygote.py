"""A process that has imported everything, and from which each case gets one of its own by a fork.

Importing takes seconds, most cases a fraction of one. Nothing is computed here, for threads and
locks of torch, FFmpeg and OpenCV do not survive a fork: even the samples are made in a child.

    python -m tests.fuzz.zygote SAMPLES

Each line of standard input is a request as JSON (case, folder, seconds), each line of standard
output its `Outcome`; the first one is "ready".
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import samtracker
from tests.fuzz.cases import RESULTS, Case
from tests.fuzz.samples import make_samples, network
from tests.fuzz.verdict import MEMORY, UNPREPARED, Outcome

LARGEST_FILE = 1 << 29
"""Bytes of a file that a case may write."""

KEPT = 20_000
"""Characters of standard output and error that are kept, from their end."""

LATE = (
    "imageio.v3",
    "imageio.plugins.pillow",
    "imageio.plugins.tifffile_v3",
    "tifffile",
    "PIL._webp",
)
"""What is imported only when it is used."""

Files = dict[str, list[int]]
"""Size, time and mode of files by their names."""


def main(samples: Path) -> None:
    """Serves until standard input ends."""
    for module in pkgutil.walk_packages(samtracker.__path__, "samtracker."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    network()  # imports timm
    if not (samples / "complete").exists():
        shutil.rmtree(samples / "files", ignore_errors=True)  # of a run that was stopped
        code = _in_child(lambda: make_samples(samples / "files"), samples, 300.0)
        if code != 0:
            sys.exit(f"no samples: {(samples / 'stderr').read_text()}")
        (samples / "complete").touch()
    gc.freeze()  # or collecting garbage would copy the memory that children share
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        case, folder = Case.parse(request["case"]), Path(request["folder"])
        outcome = _run(case, samples / "files", folder, request["seconds"])
        print(json.dumps(asdict(outcome)), flush=True)


def _run(case: Case, samples: Path, folder: Path, seconds: float) -> Outcome:
    """Runs a case in a child process, and looks at what it left."""
    home, note = folder / "home", folder / "case.json"
    home.mkdir(parents=True)
    start = time.monotonic()
    code = _in_child(lambda: _act(case, samples, home, note), folder, seconds)
    taken = time.monotonic() - start
    line, before = json.loads(note.read_text()) if note.exists() else (str(case), {})
    after = _files(home)
    return Outcome(
        line=line,
        code=code,
        out=(folder / "stdout").read_text(errors="replace")[-KEPT:],
        err=(folder / "stderr").read_text(errors="replace")[-KEPT:],
        seconds=taken,
        changed=tuple(name for name, file in before.items() if after.get(name) != file),
    )


def _act(case: Case, samples: Path, home: Path, note: Path) -> None:
    """Prepares a case and runs it."""
    os.chdir(home)
    try:
        action = case.prepare(samples)
        note.write_text(json.dumps([action.line, _files(home)]))
    except Exception:
        traceback.print_exc()
        sys.exit(UNPREPARED)
    action.run()


def _files(home: Path) -> Files:
    """What is in a folder, but for results."""
    found: Files = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if name.parts[0] not in RESULTS and not path.is_dir():
            status = path.lstat()
            found[str(name)] = [status.st_size, status.st_mtime_ns, status.st_mode]
    return found


def _in_child(act: Callable[[], None], folder: Path, seconds: float) -> int | None:
    """Runs something in a process of its own, whose output goes to files in a folder.

    Returns:
        Its exit code, negative the signal that ended it; None where it took too long.
    """
    pid = os.fork()
    if pid == 0:
        _become_child(folder)
        _finish(act)
    watch = os.pidfd_open(pid)
    ended, _, _ = select.select([watch], [], [], seconds)
    os.close(watch)
    os.killpg(pid, signal.SIGKILL)  # with all that it started
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) if ended else None


def _finish(act: Callable[[], None]) -> NoReturn:
    """Runs something and exits as Python would, but for taking all modules apart: that is slow."""
    code = 0
    try:
        act()
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    gc.collect()  # what was opened and is still there is closed now
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _become_child(folder: Path) -> None:
    """Sets a new process apart: a group, streams, limits and surroundings of its own."""
    os.setpgid(0, 0)
    faulthandler.enable()
    streams = Path("/dev/null"), folder / "stdout", folder / "stderr"
    for number, name in enumerate(streams):
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for kind, limit in (
        *((resource.RLIMIT_AS, now + MEMORY), (resource.RLIMIT_CORE, 0)),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
    ):
        resource.setrlimit(kind, (limit, limit))
    for screen in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        os.environ.pop(screen, None)
    os.environ |= {"SAMTRACKER_HOME": str(folder / "cache"), "TMPDIR": str(folder)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
