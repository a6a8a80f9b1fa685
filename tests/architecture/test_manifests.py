"""What the manifests say is there, and what is there is in the manifests."""

import re
import sys

import pytest

from .sources import ADDONS, ROOT, code_files, imports, manifest, name_of

REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
ODOOS_OWN = ROOT / "tools" / "workbench" / "odoo-own-requirements.txt"
# Packages that are not called like what they let one import.
PACKAGES = {"dateutil": "python-dateutil", "psycopg2": "psycopg2-binary"}


def packages(requirements):
    """Return the names of the packages that a requirements file asks for."""
    lines = re.findall(r"^[\w.-]+", requirements, re.M)
    return {line.lower().replace("_", "-") for line in lines}


def files(addon, *suffixes):
    """Return an addon's own files of these kinds, as a manifest names them."""
    folder = ROOT / addon
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix in suffixes
    }


@pytest.mark.parametrize("addon", ADDONS)
def test_an_addon_says_under_which_licence_and_for_which_odoo_it_is(addon):
    told = manifest(addon)
    assert told["license"] == "LGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", told["version"])
    assert told["name"]
    assert told["summary"]
    assert told["author"] == "Clinic Billing"


def test_the_gateway_builds_on_invoicing_and_never_the_other_way_round():
    assert manifest("clinic_invoicing")["depends"] == ["account_payment", "calendar"]
    assert manifest("clinic_stripe_gateway")["depends"] == [
        "clinic_invoicing",
        "payment_stripe",
    ]


def test_only_the_gateway_needs_packages_and_the_requirements_name_them():
    assert "external_dependencies" not in manifest("clinic_invoicing")
    needed = manifest("clinic_stripe_gateway")["external_dependencies"]["python"]
    assert set(needed) <= set(REQUIREMENTS.splitlines())
    # Odoo compares versions with it, and does not bring it.
    assert "packaging" in packages(REQUIREMENTS) - packages(ODOOS_OWN.read_text())


@pytest.mark.parametrize("addon", ADDONS)
def test_every_package_that_is_imported_comes_with_odoo_or_is_required(addon):
    # Odoo's own are named all the same where a version matters.
    known = packages(ODOOS_OWN.read_text("utf-8")) | packages(REQUIREMENTS)
    for path in code_files(addon):
        for name in imports(path):
            top = name.split(".")[0]
            if top == "odoo" or top in sys.stdlib_module_names:
                continue
            package = PACKAGES.get(top, top)
            assert package in known, f"{name_of(path)} imports {name}"


def test_people_find_both_addons_among_the_apps():
    """Odoo's page Apps filters by it at first."""
    assert all(manifest(addon).get("application") for addon in ADDONS)


@pytest.mark.parametrize("addon", ADDONS)
def test_every_addon_whose_code_is_imported_is_a_dependency(addon):
    reachable, waiting = set(), [addon]
    while waiting:
        name = waiting.pop()
        if name in ADDONS and name not in reachable:
            waiting += manifest(name)["depends"]
        reachable.add(name)
    # What those bring along.
    reachable |= {"account", "base", "mail", "payment", "portal", "product"}
    for path in (ROOT / addon).rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            if parts[:2] == ["odoo", "addons"]:
                assert parts[2] in reachable, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("addon", ADDONS)
def test_every_data_file_is_there_and_listed_once(addon):
    told = manifest(addon)
    listed = told["data"] + told.get("demo", [])
    assert len(listed) == len(set(listed))
    present = files(addon, ".xml", ".csv")
    data = {name for name in present if not name.startswith(("static/", "tests/"))}
    assert data == set(listed)


@pytest.mark.parametrize("addon", ADDONS)
def test_demo_data_and_data_are_kept_apart(addon):
    told = manifest(addon)
    assert all(name.startswith("demo/") for name in told.get("demo", []))
    assert not any(name.startswith("demo/") for name in told["data"])


@pytest.mark.parametrize("addon", ADDONS)
def test_every_asset_is_loaded_by_a_bundle_and_every_bundle_finds_its_assets(addon):
    patterns = [
        pattern
        for bundle in manifest(addon).get("assets", {}).values()
        for pattern in bundle
    ]
    loaded = {path for pattern in patterns for path in ROOT.glob(pattern)}
    source = ROOT / addon / "static" / "src"
    assert {path for path in loaded if path.is_file()} == {
        path for path in source.rglob("*") if path.is_file()
    }
    assert all(any(ROOT.glob(pattern)) for pattern in patterns)


@pytest.mark.parametrize("addon", ADDONS)
def test_every_addon_has_an_icon(addon):
    assert (ROOT / addon / "static" / "description" / "icon.png").is_file()


@pytest.mark.parametrize("addon", ADDONS)
def test_every_access_right_names_an_existing_group_once(addon):
    table = (ROOT / addon / "security" / "ir.model.access.csv").read_text("utf-8")
    header, *rows = table.strip().splitlines()
    assert header.split(",")[:4] == ["id", "name", "model_id:id", "group_id:id"]
    ids = [row.split(",")[0] for row in rows]
    assert len(ids) == len(set(ids))
    assert all(row.split(",")[3] for row in rows), "a right for everybody"
