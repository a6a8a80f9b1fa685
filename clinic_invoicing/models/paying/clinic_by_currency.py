from odoo import models
from odoo.tools import SQL


class ClinicByCurrency(models.AbstractModel):
    """Amounts of several currencies are never added up, nor converted."""

    _name = "clinic.by.currency"
    _description = "Amounts by Currency"

    def _read_group_select(self, aggregate_spec, query):
        """Give no total for a group in which there are several currencies."""
        total = super()._read_group_select(aggregate_spec, query)
        field = self._fields.get(aggregate_spec.split(":")[0])
        if field is None or field.type != "monetary":
            return total
        currency = self._field_to_sql(
            self._table, field.get_currency_field(self), query
        )
        return SQL("CASE WHEN COUNT(DISTINCT %s) = 1 THEN %s END", currency, total)
