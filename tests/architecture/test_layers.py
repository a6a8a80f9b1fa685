"""Who may import whom: rules ← models ← controllers; `stripe` behind the adapter."""

import re
import sys

import pytest

from .sources import ROOT, code_files, imports, name_of

ADAPTER = "clinic_stripe_gateway/adapter"


def offenders(paths, is_forbidden):
    assert paths
    return [
        f"{name_of(path)} imports {name}"
        for path in paths
        for name in imports(path)
        if is_forbidden(name)
    ]


def in_folder(*names):
    return [path for path in code_files() if set(names) & set(path.parts)]


@pytest.mark.parametrize(
    ("folder", "packages"),
    [("clinic_invoicing/rules", ()), (ADAPTER, ("cryptography", "stripe"))],
)
def test_the_innermost_layer_knows_nothing_of_odoo(folder, packages):
    def is_foreign(name):
        known = name.split(".")[0] in {*sys.stdlib_module_names, *packages}
        return not known and not name.startswith(
            f"odoo.addons.{folder.replace('/', '.')}."
        )

    assert not offenders(code_files(folder), is_foreign)


def test_only_the_adapter_imports_the_sdk():
    outside = [path for path in code_files() if not name_of(path).startswith(ADAPTER)]
    assert not offenders(outside, lambda name: name.split(".")[0] == "stripe")


def test_models_never_import_controllers():
    inner = in_folder("models", "wizards")
    assert not offenders(inner, lambda name: "controllers" in name.split("."))


def test_controllers_reach_the_adapter_through_models_only():
    outer = in_folder("controllers")
    assert not offenders(outer, lambda name: "adapter" in name.split("."))


def test_the_invoicing_addon_never_names_the_gateway_or_its_provider():
    for path in sorted((ROOT / "clinic_invoicing").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            text = f"{name_of(path)} {path.read_bytes().decode('latin-1')}"
            assert not re.search("stripe", text, re.IGNORECASE), name_of(path)
