"""Write down what the addons say, and carry the translations over to it."""

import tempfile
from pathlib import Path

import polib

from . import databases, odoo_command, postgres
from .paths import ROOT, present_addons
from .progress import say

LANGUAGES = ("de", "es", "fr")
# Odoo itself knows best what can be translated.
EXPORT = """
from odoo.tools.translate import trans_export

for module in {modules}:
    with open(f"{folder}/{{module}}.pot", "wb") as template:
        trans_export(None, [module], template, "po", env)
"""


def run() -> int:
    """Renew the templates and the files of all languages; return 1 while terms lack
    a translation.
    """
    addons = present_addons()
    with tempfile.TemporaryDirectory() as folder:
        with postgres.running(), databases.cloned("full") as database:
            script = EXPORT.format(modules=addons, folder=folder)
            odoo_command.execute(database, script, "exporting the terms")
        missing = sum(_renew(addon, Path(folder, f"{addon}.pot")) for addon in addons)
    if missing:
        say(f"{missing} translations are missing in i18n/*.po")
    return int(bool(missing))


def _renew(addon: str, exported: Path) -> int:
    """Write an addon's files; return how many translations are missing."""
    terms = polib.pofile(str(exported))
    folder = ROOT / addon / "i18n"
    folder.mkdir(exist_ok=True)
    _write(terms, folder / f"{addon}.pot", addon)
    return sum(_carry_over(terms, folder, addon, language) for language in LANGUAGES)


def _carry_over(terms: polib.POFile, folder: Path, addon: str, language: str) -> int:
    """Write one language's file with the translations that it has of these terms."""
    path = folder / f"{language}.po"
    known = polib.pofile(str(path)) if path.exists() else []
    translated = {entry.msgid: entry.msgstr for entry in known if not entry.fuzzy}
    for term in terms:
        term.msgstr = translated.get(term.msgid, "")
    _write(terms, path, addon, language)
    return sum(not term.msgstr for term in terms)


def _write(terms: polib.POFile, path: Path, addon: str, language: str = "") -> None:
    """Write a file that is the same whenever and wherever it is written."""
    written = polib.POFile(wrapwidth=88)
    written.metadata = {
        "Project-Id-Version": addon,
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    written.extend(sorted(terms, key=lambda term: term.msgid))
    path.write_text(f"{written}".rstrip("\n") + "\n", encoding="utf-8")
