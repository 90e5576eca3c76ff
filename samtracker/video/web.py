"""The beginning of what lies at a web address, to tell what it is."""

from __future__ import annotations

import base64
import http.client
import ssl
import time
import urllib.request
from urllib.parse import unquote, urlsplit

TIMEOUT = 15.0  # seconds
AGENT = "Lavf"  # FFmpeg, which reads the video itself: a server may treat others differently


def is_web_address(location: object) -> bool:
    """Return whether a location is an http or https URL."""
    return isinstance(location, str) and location.lower().startswith(("http://", "https://"))


def fetch_start(url: str, size: int) -> tuple[bytes, str] | None:
    """Fetch what a web address begins with.

    Args:
        url: An http or https URL, with user:password@ where it takes them.
        size: Number of bytes to fetch at most.

    Returns:
        The bytes, and the URL that they came from after redirections; None if they cannot be had.
    """
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host, fragment="").geturl())
    request.add_header("User-Agent", AGENT)
    if login:
        code = base64.b64encode(unquote(login).encode()).decode()
        request.add_header("Authorization", f"Basic {code}")
    # Cameras sign their own certificates, and FFmpeg accepts them.
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    end = time.monotonic() + TIMEOUT
    start = b""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT, context=trusting) as response:
            while len(start) < size and time.monotonic() < end:
                more = response.read1(size - len(start))
                if not more:
                    break
                start += more
            return start, response.url
    except (OSError, ValueError, http.client.HTTPException):
        return None
