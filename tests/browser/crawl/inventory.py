"""What can be pressed: read from the views, never written by hand."""

from collections import Counter
from dataclasses import dataclass

from lxml import etree

from workbench.paths import ROOT

MODULES = ("clinic_invoicing", "clinic_stripe_gateway")
BINDABLE = ("ir.actions.server", "ir.actions.act_window", "ir.actions.report")


@dataclass(frozen=True)
class Button:
    """One thing to press; `key` is how the tables call it.

    `clinic_service_view_form.action_invoice`; the second one of that name in the same
    view ends in `.2`.
    """

    key: str
    # How it is found on the page, as far as its view tells.
    selector: str
    label: str = ""
    # "Are you sure?" comes first.
    asks_first: bool = False


def read(office):
    """Return all buttons by their keys."""
    buttons = [
        *_of_views(office),
        *_of_bindings(office),
        *_of_scripts(),
    ]
    found = {button.key: button for button in buttons}
    assert len(found) == len(buttons), "two buttons have the same key"
    return found


def _of_views(office):
    xml_ids = _get_xml_ids(office, ("ir.ui.view",))
    views = office.read("ir.ui.view", list(xml_ids), ["arch", "type"])
    actions = _get_xml_ids(office, BINDABLE)
    for view in views:
        arch = etree.fromstring(view["arch"])
        find = _in_page if view["type"] == "qweb" else _in_view
        yield from _number(xml_ids[view["id"]], find(arch, actions))


def _number(view, found):
    """Give each button of a view its key."""
    times = Counter()
    for name, selector, label, *more in found:
        times[name] += 1
        number = f".{times[name]}" if times[name] > 1 else ""
        yield Button(f"{view}.{name}{number}", selector, label, *more)


def _in_view(arch, actions):
    """Yield `(name, selector, label)` of what a view of the back office offers."""
    for node in arch.iter("button"):
        name, label = node.get("name"), node.get("string") or node.get("title") or ""
        if node.get("special"):
            yield node.get("special"), f"button[special={node.get('special')}]", label
        elif node.get("type") == "action":
            yield actions[int(name)], f'button[name="{name}"]', label
        elif name:
            yield name, _select(node), label, bool(node.get("confirm"))
    for node in arch.iter("list"):
        # Rows that do something else than to open their record.
        if node.get("action"):
            yield node.get("action"), ".o_data_row .o_data_cell", "the row"


def _select(node):
    """Tell buttons of the same name apart by what they show."""
    selector = f"button[name={node.get('name')}]"
    if node.get("icon") and not node.get("string"):
        return f"{selector}:has(.{node.get('icon')})"
    if node.get("string"):
        text = node.get("string").replace('"', '\\"')
        return f'{selector}:has-text("{text}")'
    return selector


def _in_page(arch, _actions):
    """Yield `(name, selector, label)` of what a page of the portal or desk offers."""
    for node in arch.iter("form", "button", "a"):
        classes = "".join(f".{each}" for each in (node.get("class") or "").split())
        label = " ".join("".join(node.itertext()).split())
        if node.tag == "form":
            submit = " [type=submit]"
            yield "form", f"form{classes}{submit}", label
        elif node.tag == "button" and node.xpath("not(ancestor::form)"):
            yield "button", f"button{classes}", label
        elif node.tag == "a" and _leads_somewhere(node):
            yield "a", f"a{classes}", label


def _leads_somewhere(node):
    return any(name.endswith("href") for name in node.attrib)


def _of_bindings(office):
    """Yield what stands in the menu of the chosen records."""
    for model in BINDABLE:
        xml_ids = _get_xml_ids(office, (model,))
        actions = office.read(model, list(xml_ids), ["name", "binding_model_id"])
        for action in actions:
            if action["binding_model_id"]:
                yield Button(f"menu.{xml_ids[action['id']]}", "", action["name"])


def _of_scripts():
    """Yield what our own templates in the back office handle clicks on."""
    for module in MODULES:
        for path in sorted((ROOT / module / "static" / "src").rglob("*.xml")):
            handlers = etree.parse(path).xpath("//*/@t-on-click")
            found = [_name_handler(handler) for handler in handlers]
            yield from _number(path.stem, found)


def _name_handler(handler):
    """`() => this.select(tab)` is `select`, or the method that it is about."""
    call = handler.split("this.")[-1]
    method, _parenthesis, argument = call.partition("(")
    name = argument.strip(")'") if "'" in argument else method
    return name, "", name


def _get_xml_ids(office, models):
    """Return the names of our records of these models, by their ids."""
    rows = office.search_read(
        "ir.model.data",
        [("module", "in", MODULES), ("model", "in", models)],
        ["res_id", "name"],
    )
    return {row["res_id"]: row["name"] for row in rows}
