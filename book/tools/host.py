"""Serve a folder from this machine as a public host would: compressed, cached, connections kept."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKED = ("image/png", "font/", "application/zip", "application/octet-stream")


@functools.lru_cache(512)
def _packed(path: Path, _modified: float) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


class Host(http.server.SimpleHTTPRequestHandler):
    """One request; what it sends is counted by the server."""

    protocol_version = "HTTP/1.1"
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript", ".wasm": "application/wasm", ".whl": "application/zip",
        ".woff2": "font/woff2",
    }  # fmt: skip

    def do_GET(self) -> None:
        """Send a file, compressed unless it is so already."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        self.send_response(200)
        if kind.startswith(PACKED):
            body = path.read_bytes()
        else:
            body = _packed(path, path.stat().st_mtime)
            self.send_header("Content-Encoding", "gzip")
        self.server.sent += len(body)  # type: ignore[attr-defined]
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[Any]:
    """Yield a server of a folder, with its address as ``url`` and the bytes it ``sent``."""
    handler = functools.partial(Host, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.sent = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
