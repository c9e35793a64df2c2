"""A report with charts and hostile names, and a real browser."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from itertools import count, pairwise

import numpy as np
import pytest

from softmax_cli import evaluate
from softmax_cli.reports.charts import Bars, Bin, Histogram, Reliability

CLASSES = (
    "고양이",
    "سيارة",
    "<b>bold</b> & co",
    "$x_1$",
    "a name that goes on and on, and then some more",
    "[/x]",
    "개",
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
SECONDS = 60


def reliability_bins(number, seed=0, rows=3000):
    """Bins of equal width, as a somewhat overconfident model has them: some empty, some with a few rows."""
    generator = np.random.default_rng(seed)
    confidence = 0.1 + 0.9 * generator.beta(5, 1.3, rows)
    right = generator.random(rows) < confidence - 0.12 * confidence**2
    edges = np.linspace(0, 1, number + 1)
    for lower, upper in pairwise(edges.tolist()):
        within = (lower <= confidence) & (confidence < upper)
        if within.any():
            yield Bin(lower, upper, int(within.sum()), confidence[within].mean(), right[within].mean())
        else:
            yield Bin(lower, upper, 0, float("nan"), float("nan"))


@pytest.fixture
def reliability():
    """A reliability diagram of ten bins."""
    return Reliability("accuracy over confidence", list(reliability_bins(10)), "ECE 0.07")


@pytest.fixture
def histogram():
    """A histogram with a long tail, which its last bin takes whole."""
    counts = [2446, 1243, 657, 310, 165, 90, 42, 22, 12, 5, 0, 1, 7]
    return Histogram("losses of the rows", "nats", [*np.arange(13) / 4, float("inf")], counts, "the largest is 9.7")


@pytest.fixture
def bars():
    """A value for each of the classes; for the last there is none."""
    values = [0.0, 0.125, 0.5, 0.625, 0.75, 1.0, float("nan")]
    return Bars("recall of each class, the <lowest> first", "recall", CLASSES, values)


@pytest.fixture
def pictured(monkeypatch, samples, reliability, histogram, bars):
    """A report of the losses of real logits that has all three."""
    report = evaluate(str(samples / "hostile.csv"), label_column="label", dtype="float32", backend="all", ledger=True)
    monkeypatch.setattr(type(report), "charts", lambda _: iter((reliability, histogram, bars)))
    return report


class Browser:
    """Chromium without a window, spoken to by the DevTools protocol through two pipes.

    https://chromedevtools.github.io/devtools-protocol/: messages are JSON, each ends in a zero byte. It takes nothing
    but the standard library, and no port is opened. ``events`` are those since the last ``open``.
    """

    def __init__(self, executable, profile):
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        # Chromium reads from its descriptor 3 and writes to its 4.
        started = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["bash", "-c", started, "bash", executable, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._ids = count(1)
        self._received = b""
        self._session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """The result of a command; what happens in between is kept."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _receive(self):
        end = time.monotonic() + SECONDS
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"the browser has said nothing for {SECONDS} s"
            piece = os.read(self._from, 1 << 16)
            assert piece, "the browser has ended"
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def open(self, path, width=1280, height=900, scheme="light", media="screen"):
        """Show a file in a window of that size and that colour scheme, and wait until it is loaded."""
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1 + phone, mobile=phone
        )
        self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self.events = []
        assert "errorText" not in self.call("Page.navigate", url=path.as_uri())
        while not self.happened("Page.loadEventFired"):
            self.events.append(self._receive())

    def happened(self, method):
        """What is known of each event of that name."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def value(self, expression):
        """What a JavaScript expression is on the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def picture(self, path):
        """Write a picture of the whole page, for somebody to look at."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        """End the browser."""
        self._session = None
        self.call("Browser.close")
        self._process.wait(SECONDS)
        os.close(self._to)
        os.close(self._from)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium; skipped by name where there is none."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    browser = Browser(executable, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
