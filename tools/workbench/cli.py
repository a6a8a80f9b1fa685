"""The commands behind the Makefile."""

import os
import sys
from pathlib import Path

from . import clock, debian_tools, odoo_source, progress, venv
from .errors import Trouble
from .locks import exclusive
from .paths import TOOLS, VENV, VENV_PYTHON
from .processes import heed_interrupts

INTERRUPTED = 130
DEFAULT_PORT = "8069"
HIGHEST_PORT = 65535
# What a command cannot do without, and what it would only miss.
NEEDED_TOOLS = {
    "test": (debian_tools.CHROMIUM, debian_tools.WKHTMLTOPDF),
    "test-all": (debian_tools.CHROMIUM, debian_tools.WKHTMLTOPDF),
    "pictures": (debian_tools.CHROMIUM,),
}
USEFUL_TOOLS = {
    "setup": (debian_tools.CHROMIUM, debian_tools.WKHTMLTOPDF),
    "demo": (debian_tools.WKHTMLTOPDF,),
}


def main(words: list[str]) -> int:
    """Run one command; tell a person what to do when it cannot work."""
    try:
        heed_interrupts()
        return _run(words)
    except Trouble as trouble:
        print(f"\n{trouble}" + ("" if "\n" in str(trouble) else "."), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in COMMANDS:
        raise Trouble(f"name one of the commands {', '.join(COMMANDS)}")
    if not _inside_environment():
        if words != ["clean"]:
            _set_up(words[0])
        elif not VENV_PYTHON.exists():
            return 0
        _continue_inside_environment(words)
    clock.start(words)
    return COMMANDS[words[0]]() or 0


def _inside_environment() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _set_up(command: str) -> None:
    with exclusive("setup"):
        # Before the long downloads, not after them.
        if not VENV_PYTHON.exists():
            venv.check_python()
        _provide_tools(command)
        tree = odoo_source.locate()
        venv.ensure()
    os.environ["ODOO_PATH"] = str(tree.import_path)


def _provide_tools(command: str) -> None:
    debian_tools.provide(NEEDED_TOOLS.get(command, ()))
    try:
        debian_tools.provide(USEFUL_TOOLS.get(command, ()))
    except Trouble as trouble:
        progress.say(f"Going on without: {trouble}")


def _continue_inside_environment(words: list[str]) -> None:
    """Replace this process by the same command in the virtual environment."""
    started = {progress.VARIABLE: str(progress.STARTED)}
    environment = {**os.environ, **started, "PYTHONPATH": str(TOOLS)}
    command = [str(VENV_PYTHON), "-m", "workbench", *words]
    os.execve(VENV_PYTHON, command, environment)


def _setup() -> None:
    progress.say(f"Odoo is in {os.environ['ODOO_PATH']}, its Python is {VENV_PYTHON}")


def _demo() -> None:
    from . import demo

    port = os.environ.get("PORT") or DEFAULT_PORT
    if not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise Trouble(
            f"PORT={port} is no port number: choose one, for example PORT=8070"
        )
    demo.run(int(port), reset=os.environ.get("RESET", "") not in ("", "0"))


def _test() -> int:
    from . import tested, testing

    began_with = tested.state()
    status = testing.run_lanes(testing.of_each_change(), _arguments(), _caller_folder())
    # Chosen tests are not all of them, and another day is not today.
    if not status and not _arguments() and not clock.is_shifted():
        tested.note(began_with)
    return status


def _test_all() -> int:
    from . import tested, testing

    if tested.has_passed():
        progress.say("`make test` has passed on just these files: now to the rest")
    else:
        status = _test()
        if status:
            return status
    return testing.run_lanes(testing.of_the_rest(), _arguments(), _caller_folder())


def _test_beside() -> int:
    from . import testing

    return testing.run_beside(testing.words(_arguments(), _caller_folder()))


def _test_all_beside() -> int:
    from . import testing

    return testing.run_rest_beside(testing.words(_arguments(), _caller_folder()))


def _pytest() -> int:
    from . import testing

    return testing.run_chosen(
        _arguments(), _caller_folder(), os.environ.get("ON") or "practice"
    )


def _days() -> int:
    from . import days

    return days.run(_arguments())


def _bench() -> None:
    from bench import report

    report.run(_arguments())


def _pictures() -> int:
    from . import testing

    return testing.take_pictures(_arguments(), _caller_folder())


def _i18n() -> int:
    from . import translations

    return translations.run()


def _lint() -> int:
    from . import lint

    return lint.run()


def _clean() -> int:
    from . import cleaning

    return cleaning.run()


def _arguments() -> str:
    return os.environ.get("ARGS", "")


def _caller_folder() -> Path:
    """Return where the user stands: `make -C` changes the folder before we can see
    it."""
    return Path(os.environ.get("CALLER_FOLDER") or Path.cwd())


COMMANDS = {
    "setup": _setup,
    "demo": _demo,
    "test": _test,
    "test-beside": _test_beside,
    "test-all": _test_all,
    "test-all-beside": _test_all_beside,
    "pytest": _pytest,
    "days": _days,
    "bench": _bench,
    "pictures": _pictures,
    "i18n": _i18n,
    "lint": _lint,
    "clean": _clean,
}
