"""The rooms of the house: who may stand on whom, and who says what once."""

import ast
import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from .sources import ADDONS, ROOT, files_of_tests, imports, name_of

# Folders that have the rooms of `models/`, and rooms that tests alone have.
SAME_ROOMS = ("controllers", "data", "report", "tests", "views", "wizards")
ROOMS_OF_TESTS = {"privacy", "routes", "security", "sequences"}
# A model has one of each inside one addon: what it does reads from top to bottom.
SAID_ONCE = {"create", "write", "unlink", "_send_api_request"}
# Words that practices and accountants use.
KNOWN_GERUNDS = {
    "billing",
    "booking",
    "invoicing",
    "pricing",
    "paying",
    "posting",
    "aging",
    "matching",
}


def order_of_rooms(addon):
    """Return the rooms in the order in which they are imported."""
    return imported_names(ROOT / addon / "models")


def imported_names(package):
    tree = ast.parse((package / "__init__.py").read_text("utf-8"))
    return [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1 and not node.module
        for alias in node.names
    ]


def files_of_rooms(addon, kind):
    """Yield (room, file) in the order in which they are imported."""
    folder = ROOT / addon / kind
    if not folder.is_dir():
        return
    for room in imported_names(folder):
        for name in imported_names(folder / room):
            yield room, folder / room / f"{name}.py"


def classes(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def attributes_of(node):
    """Return {name: value} of what a class assigns: fields, constraints, constants."""
    return {
        target.id: item.value
        for item in node.body
        if isinstance(item, ast.Assign | ast.AnnAssign) and item.value
        for target in getattr(item, "targets", None) or [item.target]
        if isinstance(target, ast.Name)
    }


def model_of(node):
    """Return the model that a class is of; empty for other classes."""
    values = attributes_of(node)
    told = values.get("_name") or values.get("_inherit")
    return ast.unparse(told).strip("'") if told else ""


def parents_of(node):
    """Return the models that a class names under `_inherit`, in their order."""
    told = attributes_of(node).get("_inherit") or ast.Constant("")
    return [
        each.value
        for each in getattr(told, "elts", [told])
        if isinstance(each, ast.Constant) and each.value
    ]


def models_of(addon):
    """Yield (room, file, class, model) in the order in which Odoo gets to know them."""
    for kind in ("models", "wizards"):
        for room, path in files_of_rooms(addon, kind):
            for node in filter(model_of, classes(path)):
                yield f"{kind}/{room}", name_of(path), node, model_of(node)


def methods_of(addon):
    """Return {(model, method): [(room, file, whether it calls super)]}."""
    found = defaultdict(list)
    for kind in ("models", "wizards"):
        for room, path in files_of_rooms(addon, kind):
            for node in classes(path):
                for item in node.body:
                    if isinstance(item, ast.FunctionDef):
                        extends = "super(" in ast.unparse(item)
                        key = (model_of(node), item.name)
                        found[key].append((room, name_of(path), extends))
    return found


@pytest.mark.parametrize("addon", ADDONS)
def test_models_stand_in_rooms_and_nowhere_else(addon):
    folder = ROOT / addon / "models"
    assert [path.name for path in folder.glob("*.py")] == ["__init__.py"]
    rooms = order_of_rooms(addon)
    assert sorted(rooms) == sorted(
        path.name for path in folder.iterdir() if (path / "__init__.py").exists()
    )
    for room in rooms:
        init = (folder / room / "__init__.py").read_text("utf-8")
        assert ast.get_docstring(ast.parse(init)), (
            f"{room} does not say what it decides"
        )
        files = sorted(path.stem for path in (folder / room).glob("*.py"))
        assert sorted(["__init__", *imported_names(folder / room)]) == files


@pytest.mark.parametrize("addon", ADDONS)
def test_the_other_folders_have_the_same_rooms(addon):
    rooms = set(order_of_rooms(addon))
    for kind in SAME_ROOMS:
        folder = ROOT / addon / kind
        found = {path.parent.name for path in folder.glob("*/*.*")} - {"__pycache__"}
        known = rooms | ROOMS_OF_TESTS if kind == "tests" else rooms
        assert found <= known, f"{addon}/{kind}: {found - known}"


@pytest.mark.parametrize("addon", ADDONS)
def test_rooms_import_only_from_rooms_above(addon):
    rooms = order_of_rooms(addon)
    for kind in ("models", "wizards", "controllers"):
        for path in (ROOT / addon / kind).glob("*/*.py"):
            room = path.parent.name
            pattern = rf"odoo\.addons\.{addon}\.(models|wizards|controllers)\.(\w+)"
            for name in imports(path):
                match = re.match(pattern, name)
                other = match[2] if match else room
                assert other in rooms, f"{name_of(path)} imports {name}"
                assert rooms.index(other) <= rooms.index(room), (
                    f"{name_of(path)} imports {name}, which stands below"
                )


@pytest.mark.parametrize("addon", ADDONS)
def test_pages_are_known_to_no_room_above_theirs(addon):
    """A template that asks which page it is on stands in the page's room or below."""
    rooms = order_of_rooms(addon)
    pages = {
        name: path.parent.name
        for path in (ROOT / addon / "controllers").glob("*/*.py")
        for name in re.findall(r'"page_name": "(\w+)"', path.read_text("utf-8"))
    }
    for path in (ROOT / addon / "views").glob("*/*.xml"):
        for name in re.findall(r"'(\w+)'", path.read_text("utf-8")):
            room = pages.get(name, path.parent.name)
            assert rooms.index(room) <= rooms.index(path.parent.name), (
                f"{name_of(path)} knows the page {name} of {room}"
            )


@pytest.mark.parametrize("addon", ADDONS)
def test_no_override_hangs_on_the_alphabet(addon):
    """A room says a method once, and only overrides what rooms above it say."""
    rooms = order_of_rooms(addon)
    for (model, method), places in methods_of(addon).items():
        inside = Counter(room for room, _file, _extends in places)
        assert max(inside.values()) == 1, (
            f"{model}.{method} twice in one room: {places}"
        )
        bases = [rooms.index(room) for room, _file, extends in places if not extends]
        others = [rooms.index(room) for room, _file, extends in places if extends]
        assert len(bases) <= 1, f"{model}.{method} is replaced: {places}"
        if bases and others:
            assert bases[0] < min(others), f"{model}.{method}: {places}"


@pytest.mark.parametrize("addon", ADDONS)
def test_no_field_hangs_on_the_alphabet(addon):
    """A room says a field, or what else a class assigns, in one file of a model."""
    told = defaultdict(set)
    for room, file, node, model in models_of(addon):
        for name in attributes_of(node).keys() - {"_name", "_inherit"}:
            told[room, model, name].add(file)
    assert told
    assert not {key: files for key, files in told.items() if len(files) > 1}


@pytest.mark.parametrize("addon", ADDONS)
def test_no_parent_hangs_on_the_alphabet(addon):
    """A model is made before it is extended, and its mixins come after its own classes.

    Odoo puts there what stands behind the model's own name.
    """
    found = list(models_of(addon))
    waiting = {model for *_, node, model in found if model not in parents_of(node)}
    assert waiting
    mixed = Counter()
    for room, file, node, model in found:
        parents = parents_of(node)
        assert not waiting.intersection(parents), f"{file} stands above what it extends"
        waiting.discard(model)
        if model in parents[1:]:
            pytest.fail(f"{file}: {model} is to be the first that it inherits")
        mixed[room, model] += model in parents and len(parents) > 1
    twice = [key for key, files in mixed.items() if files > 1]
    assert not twice, "mixins in two files of a room"


@pytest.mark.parametrize("addon", ADDONS)
def test_no_controller_hangs_on_the_alphabet(addon):
    """Of two files of a room that say a method, one is built on the other."""
    told = defaultdict(list)
    for room, path in files_of_rooms(addon, "controllers"):
        for node in classes(path):
            # Odoo joins the classes that extend one, and none that stands alone.
            extends = {ast.unparse(base) for base in node.bases} - {"Controller"}
            for item in node.body:
                if extends and isinstance(item, ast.FunctionDef):
                    told[room, item.name].append(path)
    for (room, method), paths in told.items():
        for one, other in combinations(paths, 2):
            names = [*imports(one), *imports(other)]
            built = {name.rpartition(".")[0].rpartition(".")[2] for name in names}
            assert one == other or built & {one.stem, other.stem}, (
                f"{room}: {method} in {one.stem} and {other.stem}"
            )


@pytest.mark.parametrize("addon", ADDONS)
def test_what_every_record_goes_through_is_said_once(addon):
    for (model, method), places in methods_of(addon).items():
        if method in SAID_ONCE:
            assert len(places) == 1, (
                f"{model}.{method} in {len(places)} rooms: {places}"
            )


def test_no_two_classes_share_a_name():
    """A class is named after its model, or has a name of its own."""
    named = defaultdict(set)
    for addon in ADDONS:
        for kind in ("models", "wizards", "controllers"):
            for path in (ROOT / addon / kind).rglob("*.py"):
                for node in classes(path):
                    named[node.name].add(model_of(node) or name_of(path))
    shared = {name: models for name, models in named.items() if len(models) > 1}
    assert not shared


def test_no_two_constants_of_one_name_mean_two_things():
    told = defaultdict(lambda: defaultdict(list))
    for addon in ADDONS:
        for path in (ROOT / addon).rglob("*.py"):
            if "tests" in path.parts or path.name == "__manifest__.py":
                continue
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name) and target.id.isupper():
                            value = ast.unparse(node.value)
                            told[target.id][value].append(name_of(path))
    differing = {name: dict(values) for name, values in told.items() if len(values) > 1}
    assert not differing


def gerunds_of(stem):
    """Return the words of a file's name that only its authors would understand."""
    return {word for word in stem.split("_") if word.endswith("ing")} - KNOWN_GERUNDS


@pytest.mark.parametrize("addon", ADDONS)
def test_files_are_named_by_nouns(addon):
    folders = ("adapter", "cli", "controllers", "models", "rules", "wizards")
    for folder in folders:
        for path in (ROOT / addon / folder).rglob("*.py"):
            if path.stem.replace("_", ".") in map(model_of, classes(path)):
                continue  # It has the name of its model.
            gerunds = gerunds_of(path.stem)
            assert not gerunds, f"{name_of(path)}: {gerunds}"


def test_files_of_tests_are_named_by_nouns():
    """They are named like code, or after a model that is."""
    models = {
        model_of(node).replace(".", "_")
        for addon in ADDONS
        for kind in ("models", "wizards")
        for path in (ROOT / addon / kind).rglob("*.py")
        for node in classes(path)
    }
    for path in files_of_tests():
        if path.stem.replace("test_", "clinic_") not in models:
            gerunds = gerunds_of(path.stem)
            assert not gerunds, f"{name_of(path)}: {gerunds}"
