"""Keep names and secrets out of the server's log, whoever writes the line.

Odoo logs what it tells people ("Zoe Example has not paid …") and each statement that
PostgreSQL refuses, with all values. A log holds identifiers only: what went wrong, and
where, but not the words. At the level *debug*, of the line or of this module, nothing
is withheld but the secrets of addresses: Odoo logs everything there.

A record factory, as Odoo's own: filters see the lines of one logger or of one handler.
"""

import logging
import sys
import traceback
from pathlib import Path

import psycopg2

from odoo.modules.registry import Registry

from .rules.log_lines import (
    WITHHELD,
    without_secrets,
    without_texts,
    without_values,
)

_logger = logging.getLogger(__name__)

# What Python itself says of a mistake in a program names parts of the program.
ABOUT_CODE = (AttributeError, ImportError, NameError, NotImplementedError, TypeError)
# A shorter text is no sentence about anybody.
SHORTEST_SAID = 4
STATEMENTS = "odoo.sql_db"


def install():
    """Reduce all lines from now on; called by Odoo once the addon is loaded."""
    make_record = logging.getLogRecordFactory()
    if getattr(make_record, "is_reduced", False):
        return

    def make_reduced_record(*args, **kwargs):
        record = make_record(*args, **kwargs)
        try:
            _reduce(record)
        except Exception as error:  # noqa: BLE001 - no line may stop what it is about
            record.msg, record.args = f"{WITHHELD} ({type(error).__name__})", ()
            record.exc_info = record.exc_text = None
        return record

    make_reduced_record.is_reduced = True
    logging.setLogRecordFactory(make_reduced_record)


def _reduce(record):
    is_debugged = logging.DEBUG in (record.levelno, _logger.getEffectiveLevel())
    is_named = is_debugged or not _is_of_clinic(record)
    reduce = _reduce_address if is_named else _get_reducer(record)
    # The words of a line that has arguments are the program's.
    if isinstance(record.args, dict):
        record.args = {key: reduce(value) for key, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(reduce, record.args))
    else:
        record.msg = reduce(record.msg)
    if record.exc_info and not is_named:
        # Beside the error itself, which Odoo takes from the line of a job that somebody
        # has started by hand, to tell why it failed.
        record.exc_text = _trace(record.exc_info[1])


def _is_of_clinic(record):
    """Whether it may be about a practice's database; a server can have others."""
    registry = Registry.registries.get(getattr(record, "dbname", None))
    return registry is None or "clinic.service" in registry.models


def _get_reducer(record):
    """Return what is done to each part of a line."""
    said = _get_said(record.exc_info or sys.exc_info())

    def reduce(part):
        if isinstance(part, BaseException):
            return _describe(part)
        if isinstance(part, bytes) and record.name == STATEMENTS:
            part = part.decode("utf-8", "replace")
        if not isinstance(part, str):
            return part
        if record.name == STATEMENTS:
            part = without_values(part)
        return without_secrets(without_texts(part, said))

    return reduce


def _reduce_address(part):
    return without_secrets(part) if isinstance(part, str) else part


# === ERRORS === #


def _get_said(exc_info):
    """Return the words of the error that is being dealt with, and of its causes."""
    said, errors = set(), [exc_info[1]] if isinstance(exc_info, tuple) else []
    seen = set()
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        errors += [error.__cause__, error.__context__]
        if not isinstance(error, ABOUT_CODE):
            said.update(filter(_is_sentence, (str(error), *error.args)))
    return said


def _is_sentence(word):
    return isinstance(word, str) and len(word) >= SHORTEST_SAID


def _describe(error):
    """Return what an error is and where it came from, without its words."""
    words = [type(error).__name__, _tell(error), _locate(error.__traceback__)]
    return " ".join(filter(None, words))


def _tell(error):
    """Return what may be told of an error besides its kind."""
    if isinstance(error, ABOUT_CODE):
        return str(error)
    if not isinstance(error, psycopg2.Error):
        return ""
    diag = error.diag
    where = (diag.table_name, diag.column_name, diag.constraint_name)
    return " ".join(filter(None, (error.pgcode, *where)))


def _locate(frames):
    while frames and frames.tb_next:
        frames = frames.tb_next
    if not frames:
        return ""
    code = frames.tb_frame.f_code
    # As many as from an addon to a file in one of its rooms.
    place = "/".join(Path(code.co_filename).parts[-4:])
    return f"in {code.co_name} ({place}:{frames.tb_lineno})"


def _trace(error):
    """Return the traceback of an error and its causes, without their words."""
    lines = traceback.format_exception(_without_words(error, {})) if error else []
    return "".join(lines).rstrip()


def _without_words(error, seen):
    """Return an error that prints as this one and its causes do, but for the words."""
    if error is None or id(error) in seen:
        return seen.get(id(error))
    kind = type(error)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    silent = type(kind.__name__, (Exception,), names)(_tell(error))
    seen[id(error)] = silent
    silent.__cause__ = _without_words(error.__cause__, seen)
    silent.__context__ = _without_words(error.__context__, seen)
    silent.__suppress_context__ = error.__suppress_context__
    return silent.with_traceback(error.__traceback__)
