"""What the documents name exists, and what other people rely on is in one of them."""

import ast
import re

import pytest

from . import documents as docs
from .sources import ADDONS, ROOT, name_of

README_BYTES = 6_144
PICTURE_BYTES = 150_000
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
COMMAND = re.compile(r"(?:^ {4}|`)make ([a-z][\w-]*)", re.M)
METHOD = re.compile(r"([a-z]+(?:\.[a-z_]+)*)\.(_[a-z]\w*|action_\w+)(?:\(\))?")
PRIVATE = re.compile(r"_[a-z]\w+")
MODEL = re.compile(r"clinic(?:\.[a-z]+)+")
PARAMETER = re.compile(r"(?<!addons\.)\bclinic_(?:invoicing|stripe_gateway)\.[a-z_]+")
EVENT = re.compile(
    r"(?:charge|customer|payment_intent|payment_method|radar|refund|setup_intent)"
    r"(?:\.[a-z_]+)+"
)
FILE = re.compile(r"(?:clinic_\w+|docs|rules|adapter|tests|tools)/[\w./*]*")
ROOM = re.compile(r"^\| `(\w+)` \|", re.M)


# === WHAT DOCUMENTS NAME === #


def wrong_links(text, path):
    for file, anchor in LINK.findall(text):
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in docs.anchors(target)):
            yield f"{file}#{anchor}"


def wrong_commands(text, _path):
    yield from set(COMMAND.findall(text)) - docs.targets()


def wrong_menus(text, _path):
    for told in docs.emphasised(text, 1):
        parts = tuple(told.split(" ▸ "))
        if parts[0] == "Clinic Billing" and len(parts) > 1:
            menu = max((m for m in docs.menus() if m == parts[: len(m)]), key=len)
            has_more = any(m[: len(menu)] == menu != m for m in docs.menus())
            if menu != parts and has_more:
                yield told


def wrong_labels(text, path):
    if path in docs.READERS:
        for told in (*docs.emphasised(text, 1), *docs.emphasised(text, 2)):
            yield from set(told.split(" ▸ ")) - docs.labels()


def wrong_methods(text, _path):
    for span in docs.spans(text):
        if METHOD.fullmatch(span) and span.removesuffix("()") not in docs.methods():
            yield span
        if PRIVATE.fullmatch(span) and span not in docs.identifiers():
            yield span
        if MODEL.fullmatch(span) and span not in docs.models():
            yield span


def wrong_parameters(text, _path):
    yield from set(PARAMETER.findall(text)) - docs.parameters()


def wrong_events(text, _path):
    named = {span for span in docs.spans(text) if EVENT.fullmatch(span)}
    yield from named - docs.events()


def wrong_files(text, _path):
    places = (ROOT, *(ROOT / addon for addon in ADDONS))
    for span in docs.spans(text):
        if FILE.fullmatch(span) and not any(any(p.glob(span)) for p in places):
            yield span


# What is wrong in a text, and a text in which it is.
CHECKS = {
    wrong_links: "[the biller](docs/billers.md), [rates](docs/biller.md#no-such-thing)",
    wrong_commands: "`make tests`",
    wrong_menus: "*Clinic Billing ▸ Payments ▸ Refunds*",
    wrong_labels: "press **Pay at Once**",
    wrong_methods: "`clinic.service._prepare_invoice`",
    wrong_parameters: "`clinic_stripe_gateway.use_sdks`",
    wrong_events: "`charge.dispute.won`",
    wrong_files: "`tools/workbench/weekdays.py`",
}


@pytest.mark.parametrize("wrong", CHECKS)
def test_what_documents_name_exists(wrong):
    complaints = {
        name_of(path): found
        for path in docs.documents()
        if (found := sorted(wrong(docs.text_of(path), path)))
    }
    assert not complaints


@pytest.mark.parametrize("wrong", CHECKS)
def test_a_name_of_nothing_is_found(wrong):
    assert list(wrong(CHECKS[wrong], docs.README))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (wrong_links, "[the biller](docs/biller.md#billing-rates)"),
        (wrong_commands, "    make demo\n\nand `make test`"),
        (wrong_menus, "*Clinic Billing ▸ Payments ▸ Autopay*"),
        (wrong_menus, "*Clinic Billing ▸ Settings ▸ Age of majority*"),
        (wrong_labels, "press **Make Payment** on *Billing*"),
        (wrong_methods, "`clinic.service.share._prepare_invoice`"),
        (wrong_parameters, "odoo.addons.clinic_invoicing.log_records"),
        (wrong_events, "`charge.dispute.closed`"),
        (wrong_files, "`rules/smallest_units.py` and `rights_*.py`"),
    ],
)
def test_a_name_of_something_is_not(wrong, text):
    assert not list(wrong(text, docs.README))


# === WHAT STANDS IN A DOCUMENT === #


def test_hooks_are_in_their_document_and_nothing_else_is():
    named = re.findall(r"^\| `([\w.]+)` \|", docs.text_of(docs.HOOKS), re.M)
    assert set(named) == docs.hooks()
    assert len(named) == len(set(named))


def test_what_the_gateway_overrides_is_a_hook():
    """Else nobody who changes clinic_invoicing knows that somebody relies on it."""
    relied_on = {
        name
        for name, definitions in docs.methods().items()
        if {addon for addon, _node in definitions} == set(ADDONS)
        and any(is_origin(name, node) for _addon, node in definitions)
    }
    assert relied_on
    assert not relied_on - docs.hooks()


def is_origin(name, node):
    """Whether a method is ours, and not one of Core's or of another room's."""
    method = name.rpartition(".")[2]
    is_ours = name.startswith("clinic.") or method.startswith("_clinic_")
    return is_ours and f"super().{method}" not in ast.unparse(node)


@pytest.mark.parametrize("known", [docs.parameters, docs.events])
def test_what_an_administrator_has_to_know_is_in_the_document(known):
    told = docs.spans(docs.text_of(docs.DOCS / "administrator.md"))
    assert known()
    assert not known() - set(told)


@pytest.mark.parametrize("addon", ADDONS)
def test_the_map_shows_the_rooms_in_their_order(addon):
    models = ROOT / addon / "models"
    imported = re.findall(r"^(?:from \. import|    )\s*(\w+)\b", read(models), re.M)
    rooms = [name for name in imported if (models / name).is_dir()]
    assert rooms == [room for room in rooms_on_the_map(addon) if room in rooms]
    assert {path.name for path in models.glob("[a-z]*/")} <= set(rooms)


def rooms_on_the_map(addon):
    (section,) = re.findall(
        rf"^### {addon}$(.*?)^#", docs.text_of(docs.ARCHITECTURE) + "\n#", re.M | re.S
    )
    return ROOM.findall(section)


def read(package):
    return (package / "__init__.py").read_text("utf-8")


# === SIZE === #


def test_the_readme_is_short_and_leads_to_each_reader():
    text = docs.text_of(docs.README)
    assert len(text.encode()) <= README_BYTES
    linked = {(docs.ROOT / file).resolve() for file, _anchor in LINK.findall(text)}
    pages = set(docs.DOCS.rglob("*.md"))
    assert pages
    assert not pages - linked


def test_each_picture_is_small_shown_and_taken_by_make_pictures():
    takers = docs.text_of(ROOT / "tests" / "browser" / "pictures.py")
    shown = {
        (path.parent / file).resolve()
        for path in docs.documents()
        for file, _anchor in LINK.findall(docs.text_of(path))
    }
    pictures = set(docs.DOCS.rglob("*.png"))
    assert pictures == {path for path in shown if path.suffix == ".png"}
    for picture in pictures:
        assert picture.stat().st_size <= PICTURE_BYTES, picture.name
        assert f'"{picture.stem}"' in takers or f'"{picture.name}"' in takers
