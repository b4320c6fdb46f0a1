"""Firefox as it is installed, driven by its own protocol, WebDriver BiDi.

Playwright drives only a Firefox that it has changed.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import websocket

from tools import chromium, firefox


class Firefox:
    """A Firefox without a window, with one page; ``complaints`` is what the page's console says."""

    def __init__(self, profile: Path) -> None:
        command = [str(firefox.find()), "--headless", "--remote-debugging-port=0"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([*command, "--profile", str(profile)], **quiet)
        place = profile / "WebDriverBiDiServer.json"
        for _ in range(20 * chromium.PATIENCE):
            if place.exists() and place.stat().st_size:
                break
            time.sleep(0.05)
        port = json.loads(place.read_text("utf-8"))["ws_port"]
        # It answers no page, so the handshake names none.
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/session", timeout=chromium.PATIENCE, suppress_origin=True
        )
        self.numbers = itertools.count()
        self.complaints: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to a command; what the console says meanwhile is kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            heard = json.loads(self.socket.recv())
            if heard.get("method") == "log.entryAdded" and heard["params"]["level"] != "debug":
                self.complaints.append(heard["params"]["text"])
            if heard.get("id") == number:
                assert heard["type"] == "success", heard
                return heard["result"]

    def open(self, url: str, width: int = 1280, height: int = 720) -> None:
        """Open an address, and wait for all that it loads."""
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", context=self.page, viewport=size)
        self.ask("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def evaluate(self, function: str, given: Any = None) -> Any:
        """Return what a JavaScript function returns; no finite number comes as its name."""
        named = "(_, v) => typeof v === 'number' && !Number.isFinite(v) ? String(v) : v"
        text = f"Promise.resolve(({function})({json.dumps(given)}))"
        text += f".then((found) => JSON.stringify(found ?? null, {named}))"
        where = {"context": self.page}
        found = self.ask("script.evaluate", expression=text, target=where, awaitPromise=True)
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def drag(self, start: tuple[float, float], *stops: tuple[float, float]) -> None:
        """Press the mouse in one place, and move it over others before it is let go."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in (start, *stops)]
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        mouse = {"type": "pointer", "id": "mouse", "actions": [moves[0], down, *moves[1:], up]}
        self.ask("input.performActions", context=self.page, actions=[mouse])

    def close(self) -> None:
        """End it."""
        self.ask("browser.close")
        self.socket.close()
        self.process.wait(chromium.PATIENCE)
