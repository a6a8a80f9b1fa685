import io

from odoo import fields
from odoo.tools.pdf import PdfReader

from ...models.paying.clinic_open_item import AS_OF
from ..common import ClinicInvoicingCommon

AMOUNTS = (
    "amount_current",
    "amount_30",
    "amount_60",
    "amount_90",
    "amount_over_90",
    "amount_credit",
    "balance",
)


class MoneyOwedCommon(ClinicInvoicingCommon):
    """A client with three invoices, a part payment, a credit note, and some credit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is unallocated is a part of the picture.
        cls.practice.clinic_use_held_money = False
        clients = cls.client | cls.other_client | cls.child
        clients.property_payment_term_id = cls.pay_terms_a
        cls.january = cls._bill(100, "2024-01-10")
        cls.february = cls._bill(200, "2024-02-20")
        cls.march = cls._bill(50, "2024-03-31")
        cls.part_payment = cls._pay(cls.february, 80)
        cls.credit_note = cls._credit_part(cls.march, 20, "2024-04-05")
        cls.credit = cls._receive(30, "2024-04-10")
        cls.env.flush_all()

    @classmethod
    def _bill(cls, amount, date, patient=None, **values):
        """Return the invoice of a service of that day, due at once."""
        service = cls._create_service(
            patient=patient, price_unit=amount, date=date, **values
        )
        return cls._invoice(service, invoice_date=date)

    @classmethod
    def _credit_part(cls, invoice, amount, date):
        """Return the posted credit note of a part of an invoice."""
        credit_note = invoice._reverse_moves([{"invoice_date": date, "date": date}])
        credit_note.invoice_line_ids.price_unit = amount
        credit_note.action_post()
        lines = (invoice | credit_note).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        return credit_note

    @classmethod
    def _receive(cls, amount, date, partner=None, **values):
        partner_id = (partner or cls.client).id
        payment = cls.env["account.payment"].create(
            {"amount": amount, "partner_id": partner_id, "date": date, **values}
        )
        payment.action_post()
        return payment

    @classmethod
    def _pay_and_write_off(cls, invoices, amount, **values):
        """Return the payment that has paid these invoices with another amount."""
        account = cls.company_data["default_account_expense"]
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(
                {
                    "payment_date": "2024-04-02",
                    "group_payment": True,
                    "amount": amount,
                    "payment_difference_handling": "reconcile",
                    "writeoff_account_id": account.id,
                    **values,
                }
            )
            ._create_payments()
        )

    def _get_aging(self, as_of=None, user=None, **context):
        """Return what the page shows to a biller."""
        self.env.flush_all()
        self.env.invalidate_all()
        if as_of:
            context[AS_OF] = as_of
        aging = self.env["clinic.aging"].with_user(user or self.biller)
        return aging.with_context(**context).search([])

    def _get_row(self, partner=None, as_of=None, currency=None):
        """Return the amounts of a payer: current, 1-30 … 90+, credit, balance."""
        currency = currency or self.practice.currency_id
        row = self._get_aging(as_of).filtered(
            lambda row: (
                row.partner_id == (partner or self.client)
                and row.currency_id == currency
            )
        )
        return [row[name] for name in AMOUNTS] if row else []

    def _get_statements(self, date_from, date_to, partner=None, company=None):
        """Return the statements of a payer, one for each currency."""
        partner = partner or self.client
        return partner._clinic_get_statements(
            company or self.practice,
            fields.Date.to_date(date_from),
            fields.Date.to_date(date_to),
        )[partner]

    def _get_statement(self, *args, **kwargs):
        (statement,) = self._get_statements(*args, **kwargs)
        return statement

    def _get_entries(self, *args, **kwargs):
        statement = self._get_statement(*args, **kwargs)
        return [
            (str(entry["date"]), entry["kind"], entry["amount"], entry["balance"])
            for entry in statement["entries"]
        ]

    def _read_pdf(self, report, record):
        """Return the text of each page of a PDF that is really rendered."""
        # Context: in tests Odoo gives the page in place of the PDF.
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        pdf, kind = reports._render_qweb_pdf(f"clinic_invoicing.{report}", record.ids)
        self.assertEqual(kind, "pdf")
        return [
            " ".join(page.extract_text().split())
            for page in PdfReader(io.BytesIO(pdf)).pages
        ]
