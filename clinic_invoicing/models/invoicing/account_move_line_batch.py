from collections import defaultdict

from odoo import api, models
from odoo.fields import Command

BASE_AMOUNTS = ("balance", "amount_currency")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _clinic_set_base_amounts(self, amounts):
        """Store what Odoo's taxes have computed for lines that were just created.

        As a compute method would: nobody has seen the lines without, so that nothing
        is to be checked or synchronized for each of them.

        :param list amounts: pairs of a line and its values, by the names of fields
        """
        lines = self.union(*(line for line, _values in amounts))
        by_tags = defaultdict(self.browse)
        with self.env.protecting([self._fields[name] for name in BASE_AMOUNTS], lines):
            for line, values in amounts:
                for name in BASE_AMOUNTS:
                    line[name] = values[name]
                [(_command, _id, tag_ids)] = values["tax_tag_ids"]
                if tag_ids:
                    by_tags[tuple(tag_ids)] += line
        lines.modified(BASE_AMOUNTS)
        for tag_ids, tagged in by_tags.items():
            tagged.write({"tax_tag_ids": [Command.set(tag_ids)]})
