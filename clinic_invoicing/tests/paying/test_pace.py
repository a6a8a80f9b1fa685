from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.paying.payment_transaction_pace import STARTS_PER_MINUTE
from ..common_online import OnlineCommon
from ..desk.common_desk import DeskCommon

TOO_MANY = "Too many payments were started"


@tagged("post_install", "-at_install")
class TestPace(DeskCommon, OnlineCommon):
    """No program starts payments by the dozen; who tries three cards is not held up."""

    keeps_pace = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bills = cls.env["account.move"].concat(
            *(
                cls._invoice(cls._create_service(price_unit=50 + number))
                for number in range(STARTS_PER_MINUTE + 1)
            )
        )
        cls.bill = cls.bills[0]
        cls.other_bill = cls._invoice(cls._create_service(patient=cls.other_client))
        # sudo: whoever has the link.
        cls.link = cls.bill._clinic_get_payment_link().sudo()
        cls.env.flush_all()

    # === HELPERS === #

    def _start_by_link(self):
        self.authenticate(None, None)
        page = f"/clinic/pay/{self.link.token}"
        return self._start(f"{page}/transaction", page)

    def _start_as(self, login, bill):
        self.authenticate(login, login)
        page = {"invoice_ids": bill.id}
        return self._start(f"/my/billing/pay/{bill.id}", "/my/billing/pay", **page)

    def _start_on_cores_page(self, bill):
        self.authenticate("client", "client")
        return self._press(f"/invoice/transaction/{bill.id}", amount=10)

    def _start(self, route, page, **params):
        shown = self._read_shown(page, amount=10, **params)
        return self._press(route, amount=10, shown=shown)

    def _press(self, route, **values):
        """Start a payment; return the error, if any."""
        before = self._get_attempts()
        with mute_logger("odoo.http"):
            _answer, error = self._rpc(
                route, **self._pay_values(flow="redirect", **values)
            )
        self.assertEqual(bool(error), self._get_attempts() == before)
        # A test's transaction began long before: what it makes is as old.
        self._date(self._get_attempts() - before, fields.Datetime.now())
        return error

    def _date(self, attempts, moment):
        if attempts:
            # SQL: the ORM sets this column itself.
            self.env.cr.execute(
                "UPDATE payment_transaction SET create_date = %s WHERE id IN %s",
                [moment, tuple(attempts.ids)],
            )
            self.env.invalidate_all()

    def _set_most(self, value):
        # sudo: as an administrator.
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("clinic_invoicing.starts_per_minute", value)

    def _fill(self, start=None):
        """Start as many payments as a minute allows."""
        for _number in range(STARTS_PER_MINUTE):
            self.assertFalse((start or self._start_by_link)())

    # === THE LIMITS === #

    def test_who_tries_three_cards_twice_is_not_held_up(self):
        for _number in range(6):
            self.assertFalse(self._start_as("client", self.bill))

    def test_a_link_starts_no_more_than_some_in_a_minute(self):
        self._fill()
        self.assertIn(TOO_MANY, self._start_by_link())

    def test_an_invoice_is_not_started_more_often_by_another_door(self):
        self._fill()
        self.assertIn(TOO_MANY, self._start_as("client", self.bill))
        self.assertIn(TOO_MANY, self._start_on_cores_page(self.bill))

    def test_a_payer_starts_no_more_with_other_invoices(self):
        for bill in self.bills[:-1]:
            self.assertFalse(self._start_as("client", bill))
        self.assertIn(TOO_MANY, self._start_as("client", self.bills[-1]))

    def test_a_minute_later_it_can_be_started_again(self):
        self._fill()
        earlier = fields.Datetime.now() - timedelta(seconds=61)
        self._date(self._get_attempts(), earlier)
        self.assertFalse(self._start_by_link())

    def test_a_practice_may_allow_more_or_fewer(self):
        self._set_most("2")
        for _number in range(2):
            self.assertFalse(self._start_by_link())
        self.assertIn(TOO_MANY, self._start_by_link())
        self._set_most("3")
        self.assertFalse(self._start_by_link())
        self.assertIn(TOO_MANY, self._start_by_link())

    def test_what_is_no_number_of_payments_allows_as_many_as_ever(self):
        for value in ("many", "nan", "inf", "0", "-1", "0.5", " "):
            self._set_most(value)
            with self.subTest(value=value):
                self.assertEqual(
                    self.env["payment.transaction"]._clinic_get_most_starts(),
                    STARTS_PER_MINUTE,
                )

    def test_nobody_else_is_held_up(self):
        self._fill()
        self.assertFalse(self._start_as("other_client", self.other_bill))

    def test_the_desk_takes_the_money_meanwhile(self):
        self._fill()
        self.assertTrue(self._take_cash(self._get_due(self.bill), 50))
