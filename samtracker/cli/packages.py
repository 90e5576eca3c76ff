"""What a command needs beside the package itself."""

from __future__ import annotations

from importlib.util import find_spec

from samtracker.errors import ConfigError


def check_packages(what: str, extra: str, packages: tuple[str, ...]) -> None:
    """Check that the packages of an extra are there.

    Raises:
        ConfigError: One is missing.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{what} needs the package {missing[0]}: pip install 'samtracker[{extra}]'"
        )
