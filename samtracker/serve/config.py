"""Settings of the server, and who may reach it."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from samtracker.errors import ConfigError

LEAST_TOKEN = 12
"""Characters of a token at least; fewer are soon guessed."""

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """Settings of the server.

    Attributes:
        host: Name or address to listen on; any other than this machine's loopback needs a token.
        port: Port to listen on; 0 for one that is free.
        token: What a browser must know; None for no token.
        max_sessions: How many sessions there may be at once.
        max_upload: Largest upload in bytes.
        folder: Folder whose videos everybody may open; None for none.
        state: Folder in which sessions outlive the server, made where it is missing; None for a
            temporary one.
        source: Camera's number, URL or file that everybody may track live; None for none.
        url: Where browsers reach the server through a proxy, as https://tracker.example.org/; it
            needs a token. None for no proxy.

    Raises:
        ConfigError: A setting is out of its range, a folder is none, or the URL has more than a
            scheme, a name and a port.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = field(default=None, repr=False)
    max_sessions: int = 8
    max_upload: int = 2 * 2**30
    folder: Path | None = None
    state: Path | None = None
    source: str | None = field(default=None, repr=False)
    url: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port={self.port} does not fit: give 0 to 65535")
        if self.max_sessions < 1:
            raise ConfigError(f"max_sessions={self.max_sessions} does not fit: give at least 1")
        if self.max_upload < 1:
            raise ConfigError(f"max_upload={self.max_upload} does not fit: give at least 1 byte")
        token = self.token
        if token is not None and not (len(token) >= LEAST_TOKEN and token.isascii()):
            raise ConfigError(
                f"the token is too short or no plain text: give {LEAST_TOKEN} or more ASCII "
                "characters, or none to have one made"
            )
        if self.folder is not None and not self.folder.is_dir():
            raise ConfigError(f"folder='{self.folder}' is no folder: give one that has videos")
        if self.state is not None and self.state.exists() and not self.state.is_dir():
            raise ConfigError(f"state='{self.state}' is no folder: give one, or a new name")
        if self.url is not None and origin_of(self.url.removesuffix("/")) is None:
            raise ConfigError(
                f"url='{self.url}' does not fit: give a scheme, a name and no path, as "
                "https://tracker.example.org/"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def with_token(self) -> Self:
        """Return settings with a token where one is needed and none was given."""
        if self.token is not None or (self.is_loopback and self.url is None):
            return self
        return replace(self, token=secrets.token_urlsafe(24))


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return scheme, name and port of an origin as browsers send it; None where it is none.

    >>> origin_of("https://Tracker.example.org"), origin_of("null")
    (('https', 'tracker.example.org', 443), None)
    """
    try:
        scheme, place, *rest = urlsplit(url)
        parts = urlsplit(f"//{place}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or scheme not in _PORTS or any(rest) or "@" in place:
        return None
    return scheme, name, port or _PORTS[scheme]
