from markupsafe import Markup

from odoo import models

# As Odoo marks what its own pages show without the text.
NOTIFICATION = Markup('<div summary="o_mail_notification"><p>%s</p></div>')


class AccountMove(models.Model):
    """What the chatter of new invoices says, written for all of them at once."""

    _inherit = "account.move"

    def _clinic_log_creation(self):
        """Say that the invoices were created, as Core does one by one."""
        context = self.env.context
        if context.get("tracking_disable") or context.get("mail_create_nolog"):
            return
        # sudo: as Core logs it, whoever creates the invoice.
        moves = self.sudo()
        for subtype, same in moves.grouped(
            lambda move: move._creation_subtype()
        ).items():
            if not subtype:
                bodies = {move.id: move._creation_message() for move in same}
                same._message_log_batch(bodies=bodies)
                continue
            followed = same._clinic_filter_followed(subtype)
            for move in followed:
                move.message_post(**move._clinic_prepare_creation_post(subtype))
            (same - followed)._clinic_store_creation_posts(subtype)

    def _clinic_filter_followed(self, subtype):
        """Return the invoices of which somebody gets messages of this subtype."""
        followers = self.env["mail.followers"].search_fetch(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("subtype_ids", "in", subtype.ids),
            ],
            ["res_id"],
        )
        return self.browse(set(followers.mapped("res_id")))

    def _clinic_prepare_creation_post(self, subtype):
        self.ensure_one()
        return {
            "subtype_id": subtype.id,
            "author_id": self.env.user.partner_id.id,
            "body": NOTIFICATION % self._creation_message(),
        }

    def _clinic_store_creation_posts(self, subtype):
        """Store the messages that `message_post()` would; there is nobody to notify."""
        if not self:
            return
        moves = self._fallback_lang()
        company = self.env.company
        author_id, email_from = moves._message_compute_author(
            self.env.user.partner_id.id
        )
        domains = moves._mail_get_alias_domains(default_company=company)
        companies = moves._mail_get_companies(default=company)
        reply_to = moves._notify_get_reply_to(default=email_from, author_id=author_id)
        moves._message_create(
            [
                {
                    **move._clinic_prepare_creation_post(subtype),
                    "email_add_signature": True,
                    "email_from": email_from,
                    "message_type": "notification",
                    "model": move._name,
                    "record_alias_domain_id": domains[move.id].id,
                    "record_company_id": companies[move.id].id,
                    "reply_to": reply_to[move.id],
                    "res_id": move.id,
                }
                for move in moves
            ]
        )
