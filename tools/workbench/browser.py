"""Drive the Chromium that the machine has; none is ever downloaded."""

import contextlib
import shutil

from .errors import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    # Root may not use the sandbox, and containers often have none.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # The rest keeps it from calling hosts that no test asked for.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Return the path of the browser."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise Trouble("the browser tests need Chromium: install the package chromium")


@contextlib.contextmanager
def running_browser():
    """Run a headless browser with an empty profile; yields Playwright's `Browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()
