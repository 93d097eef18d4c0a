"""Where a server is, and what every request to it carries."""

from __future__ import annotations

import platform
import ssl
from typing import Optional, Tuple
from urllib.parse import urlsplit

from hypervex._version import VERSION

DEFAULT_URL = "http://127.0.0.1:8080"


class Address:
    """A server's address. Immutable; its text has no secrets."""

    def __init__(self, url: str, api_key: Optional[str], tls: Optional[ssl.SSLContext]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: expected http://host:port or https://host:port, found {url!r}")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("url: expected no user, query or fragment; give the key as api_key")
        if not url.isascii() or any(character <= " " for character in url):
            raise ValueError(f"url: expected ASCII without blanks, found {url!r}")
        if api_key is not None and (not api_key.isascii() or not api_key.isprintable() or not api_key):
            raise ValueError("api_key: expected printable ASCII")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/")
        """What stands before /api/v1, behind a proxy."""
        self.tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self.headers: Tuple[Tuple[str, str], ...] = (
            ("Host", parts.netloc),
            ("User-Agent", f"hypervex-python/{VERSION} Python/{platform.python_version()}"),
            ("Accept", "application/json"),
            *((("Authorization", f"Bearer {api_key}"),) if api_key is not None else ()),
        )
        self._text = f"{parts.scheme}://{parts.netloc}{self.prefix}"

    def __str__(self) -> str:
        return self._text
