from odoo.tests import tagged

from ...models.charges.clinic_collected import ClinicCollected
from ...models.links.clinic_payment_link import ClinicPaymentLink
from ...models.undo.account_payment import AccountPayment
from ...models.visits.calendar_event_rights import CalendarEvent
from .common_rights_guards import GuardsMixin
from .common_rights_records import InvoicingRightsCommon
from .rights_of_fields import FIELDS
from .rights_of_methods import FOREIGN, METHODS
from .rights_of_models import MODELS
from .rights_words import Table

TABLE = Table("clinic_invoicing", MODELS, FIELDS, METHODS, FOREIGN)
# What asks for rights before something is done in sudo.
CHECKS = (
    ("account.move", AccountPayment, "_clinic_check_may_undo"),
    ("account.payment", AccountPayment, "_clinic_check_may_undo"),
    ("calendar.event", CalendarEvent, "_clinic_check_rights"),
    ("clinic.payment.link", ClinicPaymentLink, "_check_staff"),
    ("clinic.scheduled.charge", ClinicCollected, "_check_biller"),
)


@tagged("post_install", "-at_install")
class TestRights(GuardsMixin, InvoicingRightsCommon):
    """Each cell of the table is as it says, and the table tells of everything."""

    def test_the_table_tells_of_everything(self):
        self._print(TABLE)
        self.assertEqual([*self._find_missing(TABLE)], [])

    def test_each_allowed_cell_has_its_reason(self):
        for model, fields in FIELDS.items():
            for cells in fields.cells().values():
                for cell in cells:
                    self.assertTrue(cell.why, model)

    def test_nobody_does_what_the_table_does_not_allow(self):
        self.assertEqual([*self._find_red(TABLE)], [])

    def test_each_guard_is_missed_when_it_is_gone(self):
        self._check_guards(TABLE, CHECKS)
