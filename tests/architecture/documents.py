"""The documents, as people read them, and what in the code they may name."""

import ast
import html
import re
from collections import defaultdict
from functools import cache
from xml.etree import ElementTree

import polib

from workbench import odoo_source

from .sources import ADDONS, ROOT, code_files

README = ROOT / "README.md"
DOCS = ROOT / "docs"
HOOKS = DOCS / "developer" / "hooks.md"
ARCHITECTURE = DOCS / "developer" / "architecture.md"
# Pages for people at a practice: italics are names on the screen, bold is pressed.
READERS = (
    README,
    *(
        DOCS / f"{reader}.md"
        for reader in ("front-desk", "biller", "manager", "administrator", "client")
    ),
)
# Where the words on screens come from that are not ours.
CORE = (
    "account",
    "account_payment",
    "auth_signup",
    "base",
    "base_setup",
    "calendar",
    "mail",
    "payment",
    "payment_stripe",
    "portal",
    "web",
    "website_payment",
)
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
SPAN = re.compile(r"`+([^`]+)`+")
# What people read in our views, and in what our code tells them.
SHOWN = re.compile(
    r"""\b(?:string|name|title|placeholder|aria-label|help)="([^"]+)"|>([^<>]+)<"""
)
# What Odoo calls a field that has no label of its own.
FIELD = re.compile(r"^    (\w+?)(?:_ids?)? = fields\.", re.M)
QUOTED = re.compile(r'"([^"\n]+)"|\'([^\'\n]+)\'')


def documents():
    """Return all documents of the checkout."""
    found = [README, *sorted(DOCS.rglob("*.md"))]
    found += [ROOT / addon / "README.rst" for addon in ADDONS]
    return [*found, ROOT / "tools" / "stripe_emulator" / "README.md"]


def text_of(path):
    return path.read_text("utf-8")


def spans(text):
    """Return what stands in code spans outside of blocks of code."""
    return [" ".join(found.split()) for found in SPAN.findall(FENCED.sub("", text))]


def prose(text):
    """Return a text without code and bullets, in one line for each paragraph."""
    text = SPAN.sub("", FENCED.sub("", text))
    text = re.sub(r"^ {4}.*$", "", text, flags=re.M) if "\n    " in text else text
    return re.sub(r"^\s*[*-] ", "\n\n", text, flags=re.M)


def emphasised(text, stars):
    """Return what stands between so many asterisks."""
    mark = re.escape("*" * stars)
    pattern = rf"(?<!\*){mark}(?![*\s])([^*|]+?){mark}(?!\*)"
    return [" ".join(found.split()) for found in re.findall(pattern, prose(text))]


def slug(heading):
    """Return the anchor by which a heading is linked."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def anchors(path):
    return {slug(found) for found in re.findall(r"^#+ (.+)$", text_of(path), re.M)}


# === THE CODE === #


def _model_of(cls):
    """Return the model that a class is a part of, if it is one's."""
    values = {
        node.targets[0].id: node.value.value
        for node in cls.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    return values.get("_name") or values.get("_inherit")


@cache
def methods():
    """Return where each method is defined: ``(addon, definition)`` by its full name."""
    found = defaultdict(list)
    for path in code_files():
        addon = path.relative_to(ROOT).parts[0]
        for cls in ast.parse(text_of(path)).body:
            if isinstance(cls, ast.ClassDef) and (model := _model_of(cls)):
                for node in cls.body:
                    if isinstance(node, ast.FunctionDef):
                        found[f"{model}.{node.name}"].append((addon, node))
    return found


@cache
def models():
    return {name.rpartition(".")[0] for name in methods()}


@cache
def hooks():
    """Return the methods whose docstring says that they are hooks."""
    return {
        name
        for name, definitions in methods().items()
        for _addon, node in definitions
        if re.search(r"\bhook\b", ast.get_docstring(node) or "", re.I)
    }


@cache
def identifiers():
    """Return all names that the addons' code gives or uses."""
    return {name for path in code_files() for name in re.findall(r"\w+", text_of(path))}


def _constants():
    for path in code_files():
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.value


@cache
def parameters():
    """Return the system parameters that the addons read."""
    return {value.value for name, value in _constants() if name.startswith("PARAM_")}


@cache
def events():
    """Return the types of events that have a method to settle them."""
    return {
        key.value
        for _name, value in _constants()
        if isinstance(value, ast.Dict)
        for key, method in zip(value.keys, value.values, strict=True)
        if str(getattr(method, "value", "")).startswith("_settle_")
    }


@cache
def targets():
    """Return the commands that `make` knows."""
    listed = re.search(r"^\.PHONY: (.+)$", text_of(ROOT / "Makefile"), re.M)
    return set(listed[1].split())


# === THE SCREENS === #


def _xml_files():
    return [path for addon in ADDONS for path in sorted((ROOT / addon).rglob("*.xml"))]


@cache
def menus():
    """Return the full names of our menus, as paths of their parts."""
    actions, items = {}, {}
    for path in _xml_files():
        for node in ElementTree.parse(path).iter():
            if node.tag == "record" and node.get("model") == "ir.actions.act_window":
                actions[node.get("id")] = node.findtext("field[@name='name']")
            elif node.tag == "menuitem":
                items[node.get("id")] = node
    return {tuple(_path_of(node, items, actions)) for node in items.values()}


def _path_of(node, items, actions):
    def last(name):
        return (name or "").rpartition(".")[2]

    parent = items.get(last(node.get("parent")))
    above = _path_of(parent, items, actions) if parent is not None else []
    return [*above, node.get("name") or actions.get(last(node.get("action")))]


@cache
def labels():
    """Return what may be read on a screen, as far as it stands in the code."""
    found = {part for menu in menus() for part in menu if part}
    for addon in ADDONS:
        for path in (ROOT / addon).rglob("*"):
            if "tests" not in path.parts and path.suffix in (".xml", ".py", ".js"):
                pattern = SHOWN if path.suffix == ".xml" else QUOTED
                text = text_of(path)
                found.update(_one_line("".join(one)) for one in pattern.findall(text))
                found.update(
                    name.replace("_", " ").title() for name in FIELD.findall(text)
                )
    return found | _core_labels()


def _core_labels():
    """Return the terms of Odoo's own screens."""
    addons = odoo_source.locate(fetch=False).addons
    files = [
        file
        for folder in addons
        for name in CORE
        if (file := folder / name / "i18n" / f"{name}.pot").is_file()
    ]
    return {
        _one_line(entry.msgid) for file in files for entry in polib.pofile(str(file))
    }


def _one_line(text):
    return " ".join(html.unescape(text).split()).rstrip(":")
