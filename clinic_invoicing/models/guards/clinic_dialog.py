from odoo import api, models


class ClinicDialog(models.AbstractModel):
    """What all our dialogs have in common: they speak of what their user may read.

    A dialog shows fields of the records that it is opened for, and Odoo reads those as
    superuser. So the records are checked whenever a request names them.
    """

    _name = "clinic.dialog"
    _description = "Dialog"

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        self._check_named(values)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_named(vals)
        dialogs = super().create(vals_list)
        # What the context has named as well.
        dialogs._check_references()
        return dialogs

    def write(self, vals):
        self._check_named(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        self._check_named(values)
        return super().onchange(values, field_names, fields_spec)

    # === CHECKS === #

    @api.model
    def _check_named(self, vals):
        """Raise AccessError when values name what the user may not read."""
        named = {
            field.name: vals[field.name]
            for field in self._get_reference_fields()
            if field.name in vals
        }
        if named and not self.env.su:
            self.new(named)._check_references(named)

    def _check_references(self, names=None):
        """Raise AccessError when one of these speaks of what the user may not read.

        This is a hook for dialogs about what has rights of its own.
        """
        for field in self._get_reference_fields():
            if names is not None and field.name not in names:
                continue
            # sudo: else what may not be read would not be there to be checked.
            records = self.sudo().mapped(field.name).with_env(self.env)
            if not records._transient:
                records._origin.check_access("read")
            elif field.type == "one2many":
                records._check_references()

    @api.model
    def _get_reference_fields(self):
        """Return the fields that say what a dialog is about."""
        return [
            field
            for field in self._fields.values()
            if field.relational
            and field.store
            and not field.related
            and field.name not in models.MAGIC_COLUMNS
        ]
