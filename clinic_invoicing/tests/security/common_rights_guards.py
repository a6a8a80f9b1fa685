import random
from contextlib import contextmanager
from unittest.mock import patch

from ...models.guards.clinic_guarded import ClinicGuarded

TRIED = 20


class GuardsMixin:
    """Takes guards away, one at a time: each has a cell that tells.

    For a class of RightsCommon: a table that no mistake turns red guards nothing.
    """

    def _check_guards(self, table, checks=()):
        """Take guards away that are drawn by chance, and look for red cells.

        :param checks: a model, and a class and its method that asks for rights there
        """
        guards = {
            **self._get_acls(table),
            **self._get_rules(table),
            **self._get_derived(table),
            **self._get_groups(table),
            **self._get_checks(checks),
        }
        seed = random.randrange(10**6)
        for name in random.Random(seed).sample(sorted(guards), TRIED):
            model, removed = guards[name]
            with self.subTest(guard=name, seed=seed), self._undone(), removed():
                self.assertTrue(any(self._find_red(table, [model])))

    @contextmanager
    def _undone(self):
        try:
            with self.env.cr.savepoint() as savepoint:
                yield
                savepoint.rollback()
        finally:
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def _get_own(self, table, model):
        """Return the addon's own records of security, in sudo."""
        data = self.env["ir.model.data"].sudo()
        found = data.search([("module", "=", table.addon), ("model", "=", model)])
        return self.env[model].sudo().browse(found.mapped("res_id"))

    # === KINDS OF GUARDS === #

    def _get_acls(self, table):
        """An access right that is given to every employee, for everything."""
        return {
            f"access right {acl.name}": (acl.model_id.model, self._open(acl))
            for acl in self._get_own(table, "ir.model.access")
            if acl.model_id.model in table.models
            and acl.model_id.model.startswith("clinic.")
        }

    def _open(self, acl):
        @contextmanager
        def opened():
            rights = dict.fromkeys(
                ("perm_read", "perm_write", "perm_create", "perm_unlink"), True
            )
            acl.write({**rights, "group_id": self.env.ref("base.group_user").id})
            yield

        return opened

    def _get_rules(self, table):
        """A record rule that holds no more."""
        return {
            f"rule {rule.name}": (rule.model_id.model, self._switch_off(rule))
            for rule in self._get_own(table, "ir.rule")
            if rule.model_id.model in table.models
            and not self.env[rule.model_id.model]._transient
        }

    def _switch_off(self, rule):
        @contextmanager
        def switched_off():
            rule.active = False
            yield

        return switched_off

    def _get_derived(self, table):
        """A field that is written as any other."""
        return {
            f"derived {model}.{name}": (model, self._forget(model, name))
            for model, fields in table.fields.items()
            if self.records.get(model) and self._is_written_by_somebody(model)
            for name in fields.derived.split()
            if self.env[model]._fields[name].groups is None
        }

    def _is_written_by_somebody(self, model):
        record = self.records[model]
        return any(self._get_roles_with(record, name) for name in ("create", "write"))

    def _forget(self, model, name):
        original = ClinicGuarded._clinic_get_derived

        def get_derived(records):
            derived = original(records)
            return derived - {name} if records._name == model else derived

        return lambda: patch.object(ClinicGuarded, "_clinic_get_derived", get_derived)

    def _get_groups(self, table):
        """A field of a form of Odoo that everybody reads and writes."""
        return {
            f"groups of {model}.{name}": (model, self._show(model, name))
            for model, fields in table.fields.items()
            if not model.startswith("clinic.") and self.records.get(model)
            for names, cell in fields.ordinary.items()
            for name in names.split()
            if self.env[model]._fields[name].groups
            and self._get_roles_with(self.records[model], "write") - cell.roles
        }

    def _show(self, model, name):
        field = self.env[model]._fields[name]
        return lambda: patch.object(field, "groups", None)

    def _get_checks(self, checks):
        """A method that asks for rights, and asks no more."""
        return {
            f"check {owner.__name__}.{name}": (model, self._silence(owner, name))
            for model, owner, name in checks
        }

    def _silence(self, owner, name):
        return lambda: patch.object(owner, name, lambda *args: None)
