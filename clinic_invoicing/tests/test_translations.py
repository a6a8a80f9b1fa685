from odoo.tests import tagged

from .common import ClinicInvoicingCommon
from .common_translations import TranslationsCommon

# An e-mail's greeting, an amount and a date.
READ = {
    "fr_FR": ("Bonjour", "100,00", "31/12/2026"),
    "es_ES": ("Estimado/a", "100,00", "31/12/2026"),
    "de_DE": ("Guten Tag", "100,00", "31.12.2026"),
}
# On a receipt: its title, a column, an amount, and the day of the visit.
PRINTED = {
    "fr_FR": ("Reçu", "Praticien", "100,00", "12/03/2024"),
    "es_ES": ("Recibo", "Profesional", "100,00", "12/03/2024"),
    "de_DE": ("Quittung", "Behandler", "100,00", "12.03.2024"),
}


@tagged("post_install", "-at_install")
class TestTranslations(TranslationsCommon, ClinicInvoicingCommon):
    """What clients read is in their own language, whoever sends it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in READ:
            cls.env["res.lang"]._activate_lang(code)
        module = cls.env["ir.module.module"].search([("name", "=", "clinic_invoicing")])
        module._update_translations(list(READ))
        cls.bill = cls._invoice(cls._create_service())
        cls.link = cls.bill._clinic_get_payment_link()
        cls.link.sudo().expires_on = "2026-12-31 12:00:00"
        cls.payer = cls.link.partner_id

    def test_the_template_has_every_term_of_the_addon_and_no_others(self):
        self.assert_template_is_complete("clinic_invoicing")

    def test_an_email_has_words_amounts_and_dates_of_its_reader(self):
        template = self.env.ref("clinic_invoicing.clinic_payment_link_mail_template")
        for code, words in READ.items():
            with self.subTest(language=code):
                self.payer.lang = code
                mail = self.env["mail.mail"].browse(template.send_mail(self.link.id))
                for word in words:
                    self.assertIn(word, mail.body_html)

    def test_a_receipt_has_words_amounts_and_dates_of_its_reader(self):
        self._pay(self.bill)
        for code, words in PRINTED.items():
            with self.subTest(language=code):
                self.payer.lang = code
                page, _kind = self.env["ir.actions.report"]._render_qweb_html(
                    "clinic_invoicing.account_move_report_receipt", self.bill.ids
                )
                for word in words:
                    self.assertIn(word, page.decode())

    def test_the_back_office_speaks_the_language_of_the_employee(self):
        links = self.env["clinic.payment.link"].with_context(lang="de_DE")
        (label,) = links.fields_get(["expires_on"], ["string"])["expires_on"].values()
        self.assertEqual(label, "Läuft ab am")
