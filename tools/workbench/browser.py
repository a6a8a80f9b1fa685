"""Drive the Chromium that the machine has, or that was fetched for it."""

import contextlib

from . import clock, debian_tools
from .errors import Trouble

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
    path = debian_tools.find(debian_tools.CHROMIUM)
    if not path:
        raise Trouble(
            "the browser tests need Chromium: run `make setup`, or install the package"
            " chromium"
        )
    return str(path)


@contextlib.contextmanager
def running_browser():
    """Run a headless browser with an empty profile; yields Playwright's `Browser`."""
    from playwright.sync_api import sync_playwright

    # A shifted clock keeps Chromium from starting.
    with contextlib.ExitStack() as stack:
        with clock.real():
            playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=executable(), args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()


def open_context(browser, **options):
    """Return a new context of the browser, where and when the command plays."""
    context = browser.new_context(timezone_id=clock.zone(), **options)
    if script := clock.browser_script():
        context.add_init_script(script)
    return context
