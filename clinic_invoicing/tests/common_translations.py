import polib

from odoo.tests.common import TransactionCase
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader


class TranslationsCommon(TransactionCase):
    def assert_template_is_complete(self, module):
        """Compare what Odoo finds to translate with the committed template.

        `make i18n` renews the template.
        """
        # Rows are (module, type, name, record, source, translation, comments).
        found = {row[4] for row in TranslationModuleReader(self.env.cr, [module])}
        template = polib.pofile(file_path(f"{module}/i18n/{module}.pot"))
        told = {entry.msgid for entry in template}
        self.assertFalse(found - told, "not in the template: run `make i18n`")
        self.assertFalse(told - found, "no longer there: run `make i18n`")
