from odoo import fields, models


class ClinicCardRename(models.TransientModel):
    """The dialog that gives a saved card the name that its owner calls it by."""

    _name = "clinic.card.rename"
    _description = "Name a Saved Card"
    _inherit = "clinic.dialog"

    token_id = fields.Many2one("payment.token", required=True, readonly=True)
    nickname = fields.Char(help="Leave it empty to take the name away.")

    def action_save(self):
        self.ensure_one()
        self.token_id._clinic_set_nickname(self.nickname)
