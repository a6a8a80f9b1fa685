"""What a newcomer does, literally: with programs and packages that are fetched anew."""

import sys
from pathlib import Path

import pytest

# People in front of a browser are described there.
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from people import PATIENCE_MS
from playwright.sync_api import expect

from workbench.browser import running_browser

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running
