from odoo import api, fields, models


class ClinicDialogEffect(models.AbstractModel):
    """A dialog that says what happens before its user presses the button."""

    _name = "clinic.dialog.effect"
    _description = "Dialog with a Preview"
    _inherit = "clinic.dialog"

    # The fields that the sentences depend on; each dialog names its own.
    _effect_depends = ()

    effect = fields.Text(string="What Happens", compute="_compute_effect")

    @api.depends(lambda self: self._effect_depends)
    def _compute_effect(self):
        for dialog in self:
            dialog.effect = "\n".join(dialog._get_effects())

    def _get_effects(self):
        """Return a sentence for each thing that is going to happen."""
        raise NotImplementedError
