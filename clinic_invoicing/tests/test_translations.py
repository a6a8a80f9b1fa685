from odoo.tests import tagged

from .common_translations import TranslationsCommon


@tagged("post_install", "-at_install")
class TestTranslations(TranslationsCommon):
    def test_the_template_has_every_term_of_the_addon_and_no_others(self):
        self.assert_template_is_complete("clinic_invoicing")
