from contextlib import suppress
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS
from odoo.service.model import call_kw, get_public_method

from ..common import ClinicInvoicingCommon
from .rights_words import NOBODY, Cell, Fields

OPERATIONS = ("read", "create", "write", "unlink")
# Doors of Odoo itself: they are tried with every field.
CRUD = {
    "copy",
    "copy_data",
    "create",
    "default_get",
    "onchange",
    "unlink",
    "web_save",
    "write",
}
# By what it is seen in the messages of an import that a row was refused.
REFUSALS = ("by hand", "rights", "access", "Only billers")
REPORT = Path(__file__).parents[3] / "build" / "rights.txt"


class Done(Exception):
    """Rolls back what should have been refused."""


class RightsCommon(ClinicInvoicingCommon):
    """Tries every cell of a table; what is not as it says is red.

    One record of each model is tried, of a practice at which the people of ``ROLES``
    work; the people of ``OUTSIDERS`` have the same rights at another one.
    """

    ROLES = (
        "public",
        "client",
        "employee",
        "accountant",
        "administrator",
        "front_desk",
        "biller",
        "manager",
    )
    OUTSIDERS = ("other_front_desk", "other_biller", "other_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._create_user("administrator", "base.group_system")
        cls.accountant = cls._create_user(
            "accountant", "account.group_account_manager", name="Ada Accountant"
        )
        cls.people = {
            "public": cls.env.ref("base.public_user"),
            "client": cls.client_user,
            **{
                name: getattr(cls, name) for name in cls.ROLES[2:] if hasattr(cls, name)
            },
        }
        hill = cls.env["res.company"].create({"name": "Hill Clinic"})
        for name in cls.OUTSIDERS:
            group = f"clinic_invoicing.group_{name.removeprefix('other_')}"
            cls.people[name] = cls._create_user(name, group, company_id=hill.id)
        cls.records, cls.bases, cls.contexts = {}, {}, {}
        cls._add_records()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _add(cls, record, **base):
        """Try this record of a model, and what is made of these values."""
        cls.records[record._name] = record[:1]
        cls.bases[record._name] = base

    @classmethod
    def _add_dialog(cls, model, context=None, **base):
        """Try a dialog: each opens an own one, of these values."""
        cls.records[model] = cls.env[model]
        cls.bases[model] = base
        cls.contexts[model] = context or {}

    # === WHAT IS THERE === #

    def _is_of_addon(self, table, module):
        return module.startswith(f"odoo.addons.{table.addon}.")

    def _find_fields(self, table):
        """Return ``{model: names}`` of the fields that the addon has added."""
        return {
            name: names
            for name, model in self.registry.items()
            if not model._abstract
            and (
                names := {
                    field.name
                    for field in model._fields.values()
                    if field._modules[:1] == (table.addon,)
                    and field.name not in MAGIC_COLUMNS
                    and not field.inherited
                }
            )
        }

    def _find_methods(self, table):
        """Return ``{model: names}`` of the addon's methods that RPC can reach."""
        found = {}
        for name, model in self.registry.items():
            names = {
                key
                for base in model.mro()
                if self._is_of_addon(table, base.__module__)
                for key, value in vars(base).items()
                if callable(value) and key not in CRUD
            }
            names = {key for key in names if self._is_public(name, key)}
            if names and not model._abstract:
                found[name] = names
        return found

    def _is_public(self, model, name):
        try:
            return bool(get_public_method(self.env[model], name))
        except AccessError:
            return False

    def _find_missing(self, table):
        """Return what the table does not know, and what it knows and is not there."""
        for kind, found, known in (
            ("field", self._find_fields(table), table.fields),
            ("method", self._find_methods(table), table.methods),
        ):
            for model in sorted({*found, *known}):
                told = known.get(model, {})
                told = set(told.cells() if isinstance(told, Fields) else told)
                for name in sorted(told ^ found.get(model, set())):
                    yield f"{kind} {model}.{name}: is it new, or gone?"
        ours = {
            name
            for name, model in self.registry.items()
            if model._original_module == table.addon and not model._abstract
        }
        for model in sorted(ours - table.models.keys()):
            yield f"model {model}: it is not in the table"

    # === TRYING === #

    def _goes_through(self, call):
        """Whether no right has kept it; other obstacles are not what is asked."""
        try:
            with self.env.cr.savepoint() as savepoint:
                try:
                    call()
                finally:
                    savepoint.rollback()
        except AccessError:
            return False
        except AssertionError:
            raise
        except Exception:  # noqa: BLE001 - e.g. a required value is missing
            return True
        return True

    def _get_ids(self, role, model):
        """Return what is tried: nobody reads the dialogs of others."""
        dialogs = self.env[model].with_user(self.people[role])
        if not dialogs._transient:
            return self.records[model].ids
        # sudo: whether it may be opened is another cell.
        dialogs = dialogs.sudo().with_context(**self.contexts[model])
        try:
            return dialogs.create(dict(self.bases[model])).ids
        except Exception as error:
            raise AssertionError(f"{model} cannot be opened") from error

    def _call(self, role, model, method, *args, **context):
        return call_kw(
            self.env[model].with_user(self.people[role]),
            method,
            [*args],
            {"context": context},
        )

    def _try(self, cell, roles, name, call):
        """Yield what is red of a cell.

        :param call: takes a role
        """
        for role in roles:
            allowed = self._goes_through(lambda role=role: call(role))
            if allowed != (role in cell.roles):
                yield f"{name}: {role} {'may' if allowed else 'may not'}"

    # === MODELS === #

    def _try_model(self, table, model):
        cells = table.models[model]
        for operation in filter(cells.__contains__, OPERATIONS):
            cell, call = cells[operation], self._get_operation(model, operation)
            yield from self._try(cell, self.ROLES, f"{model} {operation}", call)
        if "create" in cells and self.records[model]:
            # Who may make one may make another like it.
            makers = self._narrow(table, model, "read", cells["create"])
            yield from self._try(
                cells.get("copy", makers),
                self.ROLES,
                f"{model} copy",
                lambda role: self._call(role, model, "copy", self.records[model].ids),
            )
        # Each opens dialogs of their own.
        if model.startswith("clinic.") and not self.env[model]._transient:
            for operation in {"read", "write", "unlink"} & cells.keys():
                call = self._get_operation(model, operation)
                name = f"{model} {operation} elsewhere"
                cell = table.foreign.get((model, operation), NOBODY)
                yield from self._try(cell, self.OUTSIDERS, name, call)

    def _get_operation(self, model, operation):
        if operation == "create":
            return self._get_creation(model)
        args = {"read": [["id"]], "write": [{}], "unlink": []}[operation]
        return lambda role: self._call(
            role, model, operation, self._get_ids(role, model), *args
        )

    def _get_creation(self, model, **values):
        made = {**self.bases[model], **values}
        context = self.contexts.get(model, {})
        return lambda role: self._call(role, model, "create", made, **context)

    # === METHODS === #

    def _try_methods(self, table, model):
        for method, cell in table.methods.get(model, {}).items():
            function = getattr(self.registry[model], method)
            is_of_model = getattr(function, "_api_model", False)

            def call(role, method=method, is_of_model=is_of_model):
                args = [] if is_of_model else [self._get_ids(role, model)]
                return self._call(role, model, method, *args)

            name = f"{model}.{method}"
            yield from self._try(cell, self.ROLES, name, call)
            why = table.foreign.get((model, method), NOBODY)
            yield from self._try(why, self.OUTSIDERS, f"{name} elsewhere", call)

    # === FIELDS === #

    def _try_fields(self, table, model):
        record = self.records[model]
        before = self._read(table, model)
        for name, cells in table.fields[model].cells().items():
            if not cells:
                continue
            at_creation, after = cells
            field = self.env[model]._fields[name]
            if record:
                yield from self._refuse_field(record, field, at_creation, after)
                yield from self._allow_change(
                    record, field, self._narrow(table, model, "write", after)
                )
            # What is of the same company fits.
            value = field.type == "many2one" and record.sudo()[name].id
            value = value or self._get_value(record, field)
            call = self._get_creation(model, **{name: value})
            cell = self._narrow(table, model, "create", at_creation)
            name = f"{model}.{name} create"
            yield from self._try(cell, sorted(cell.roles), name, call)
        self.env.invalidate_all()
        if before != self._read(table, model):
            yield f"{model}: something has changed"

    def _narrow(self, table, model, operation, cell):
        """Return who of a cell may do this with the model at all."""
        roles = table.models.get(model, {}).get(operation, cell).roles
        return Cell(cell.roles & roles, cell.why)

    def _refuse_field(self, record, field, at_creation, after):
        """Yield who gives a value that is not theirs to give, and by which door."""
        name = f"{record._name}.{field.name}"
        refused = self._get_roles_with(record, "create") - at_creation.roles
        for door, call in self._get_doors_of_creation(record, field):
            yield from self._refuse(refused, f"{name} {door}", call)
        refused = self._get_roles_with(record, "write") - after.roles
        for door, call in self._get_doors_of_change(record, field):
            yield from self._refuse(refused, f"{name} {door}", call)

    def _allow_change(self, record, field, cell):
        """Yield who of those that may cannot."""
        current = field.convert_to_write(record.sudo()[field.name], record)
        values = {field.name: [] if isinstance(current, list) else current}
        yield from self._try(
            cell,
            sorted(cell.roles),
            f"{record._name}.{field.name} write",
            lambda role: self._call(role, record._name, "write", record.ids, values),
        )

    def _read(self, table, model):
        """Return what is stored of the addon's fields, and how many records are."""
        record = self.records[model].sudo()
        if not record:
            return None
        names = [name for name in table.fields[model].cells() if name in record._fields]
        stored = [name for name in names if record._fields[name].store]
        count = record.with_context(active_test=False).search_count([])
        return record.read(stored), count

    def _get_roles_with(self, record, operation):
        """Return who may at all, by the rights on the model."""
        return {
            role
            for role in self.ROLES
            if record.with_user(self.people[role]).has_access(operation)
        }

    def _refuse(self, roles, name, call):
        """Yield for whom it goes through, or ends otherwise than by its rights.

        What is refused is not rolled back: it has to leave nothing behind.
        """
        for role in sorted(roles):
            try:
                with self.env.cr.savepoint(), suppress(AccessError):
                    call(role)
                    raise Done
            except Done:
                yield f"{name}: {role} may"
            except Exception as error:  # noqa: BLE001 - said which
                yield f"{name}: {role} gets {error!r}"

    def _get_doors_of_creation(self, record, field):
        """Yield the ways to give a value when something is made."""
        model, name = record._name, field.name
        base = self.bases.get(model, {})
        value = self._get_value(record, field)
        values = {**base, name: value}
        default = {f"default_{name}": value}
        yield "create", lambda role: self._call(role, model, "create", values)
        yield (
            "web_save",
            lambda role: self._call(role, model, "web_save", [], values, {}),
        )
        yield (
            "default",
            lambda role: self._call(role, model, "create", dict(base), **default),
        )
        yield (
            "copy",
            lambda role: self._call(role, model, "copy", record.ids, {name: value}),
        )
        if field.type not in ("many2many", "one2many", "binary", "html"):
            yield "load", lambda role: self._load(role, record, {**base, name: value})

    def _get_doors_of_change(self, record, field):
        """Yield the ways to give a value to something that is there."""
        model, values = record._name, {field.name: self._get_value(record, field)}
        yield "write", lambda role: self._call(role, model, "write", record.ids, values)
        yield (
            "web_save",
            lambda role: self._call(role, model, "web_save", record.ids, values, {}),
        )

    def _load(self, role, record, values):
        """Import a row; raise what is refused, which Odoo only tells."""
        columns = {
            f"{name}/.id" if record._fields[name].type == "many2one" else name: str(
                value
            )
            for name, value in values.items()
            if not isinstance(value, list)
        }
        result = self._call(
            role, record._name, "load", [*columns], [[*columns.values()]]
        )
        told = " ".join(message["message"] for message in result["messages"])
        if any(words in told for words in REFUSALS):
            raise AccessError(told)
        return result

    def _get_value(self, record, field):
        """Return a value that somebody could give."""
        if field.type in ("one2many", "many2many"):
            return [Command.clear()]
        if field.type == "many2one":
            current = record.sudo()[field.name]
            # Odoo asks for no right to write what is there already.
            others = self.env[field.comodel_name].sudo()
            other = others.search([("id", "not in", current.ids)], limit=1)
            return other.id or current.id or 1
        if field.type == "selection":
            return field.get_values(self.env)[0]
        return {
            "boolean": True,
            "char": "x",
            "date": "2024-03-12",
            "datetime": "2024-03-12 10:00:00",
            "html": "x",
            "text": "x",
        }.get(field.type, 1)

    # === THE WHOLE === #

    def _find_red(self, table, models=None):
        """Yield the cells that are not as the table says, of these models or all."""
        for model in models or sorted({*table.models, *table.fields, *table.methods}):
            if model in table.models:
                yield from self._try_model(table, model)
            if model in table.methods:
                yield from self._try_methods(table, model)
            if model in table.fields:
                yield from self._try_fields(table, model)

    def _print(self, table):
        """Write the table where people look it up, beside those of other addons."""
        if not REPORT.parent.is_dir():
            return
        text = REPORT.read_text() if REPORT.exists() else ""
        sections = dict(part.split("\n", 1) for part in text.split("# ")[1:])
        sections[table.addon] = "\n".join(_describe(table)) + "\n\n"
        REPORT.write_text(
            "".join(f"# {name}\n{body}" for name, body in sorted(sections.items()))
        )


def _describe(table):
    yield "\nWho may; everything else is refused.\n"
    for model in sorted({*table.models, *table.fields, *table.methods}):
        yield f"\n{model}"
        for name, cell in table.models.get(model, {}).items():
            yield _describe_cell(name, cell)
        for name, cell in table.methods.get(model, {}).items():
            yield _describe_cell(f"{name}()", cell)
        fields = table.fields.get(model, Fields())
        for names, cell in fields.ordinary.items():
            yield _describe_cell(names, cell)
        for names, cell in fields.given.items():
            yield _describe_cell(f"{names} (once)", cell)
        for names, cell in fields.judged.items():
            yield _describe_cell(f"{names} (some values)", cell)
        if fields.derived:
            yield f"  {fields.derived}: nobody"
    for (model, name), cell in table.foreign.items():
        yield _describe_cell(f"{model}.{name}, of another company", cell)


def _describe_cell(name, cell):
    return f"  {name}: {' '.join(sorted(cell.roles)) or 'nobody'}. {cell.why}"
