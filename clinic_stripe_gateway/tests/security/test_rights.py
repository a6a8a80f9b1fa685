from odoo.tests import tagged

from odoo.addons.clinic_invoicing.tests.security.common_rights import RightsCommon
from odoo.addons.clinic_invoicing.tests.security.common_rights_guards import GuardsMixin

from ...models.cards.payment_token import PaymentToken
from ...models.inbox.clinic_stripe_event import ClinicStripeEvent
from .rights_table import TABLE

# What asks for rights before something is done in sudo.
CHECKS = (
    ("clinic.stripe.event", ClinicStripeEvent, "_check_may_act"),
    ("payment.token", PaymentToken, "_clinic_check_may_manage"),
)


@tagged("post_install", "-at_install")
class TestRights(GuardsMixin, RightsCommon):
    """Each cell of the table is as it says, and the table tells of everything."""

    ROLES = (*RightsCommon.ROLES, "refunder")

    @classmethod
    def _add_records(cls):
        cls.refunder = cls._create_user(
            "refunder", "clinic_stripe_gateway.group_refund"
        )
        cls.people["refunder"] = cls.refunder
        cls.provider = cls.env(su=True)["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", cls.practice.id)], limit=1
        )
        cls.provider.write(
            {
                "state": "test",
                "stripe_publishable_key": "pk_test_nobody",
                "stripe_secret_key": "sk_test_nobody",
            }
        )
        cls.bill = cls._invoice(cls._create_service())
        cls.payment = cls._pay(cls.bill, 40)
        cls.currency = cls.practice.currency_id
        cls._add_payments()
        cls._add_books()
        cls._add_cards()
        cls._add_connection()

    @classmethod
    def _add_payments(cls):
        method = cls.env.ref("payment.payment_method_card")
        paid = {
            "provider_id": cls.provider.id,
            "payment_method_id": method.id,
            "amount": 1,
            "currency_id": cls.currency.id,
            "partner_id": cls.client.id,
        }
        transactions = cls.env(su=True)["payment.transaction"]
        cls.tx = transactions.create(
            {
                **paid,
                "reference": "rights-1",
                "state": "authorized",
                "invoice_ids": cls.bill.ids,
            }
        )
        cls._add(cls.tx, **paid, reference="rights-2")
        card = {
            "provider_id": cls.provider.id,
            "payment_method_id": method.id,
            "partner_id": cls.client.id,
            "provider_ref": "cus_1",
        }
        cls.token = cls.env(su=True)["payment.token"].create(card)
        cls._add(cls.token, **card)
        cls._add(cls.bill, move_type="out_invoice")
        cls._add(
            cls.payment,
            payment_type="inbound",
            partner_type="customer",
            partner_id=cls.client.id,
            amount=1,
        )
        cls._add(cls.client, name="Nora New")

    @classmethod
    def _add_books(cls):
        check = {"provider_id": cls.provider.id}
        cls.check = cls.env(su=True)["clinic.stripe.check"].create(check)
        cls._add(cls.check, **check)
        cls._add(
            cls.env(su=True)["clinic.stripe.difference"].create(
                {
                    "check_id": cls.check.id,
                    "kind": "charge_missing",
                    "payment_id": cls.payment.id,
                }
            )
        )
        cls._add(
            cls.env(su=True)["clinic.stripe.dispute"].create(
                {
                    "provider_id": cls.provider.id,
                    "dispute_id": "du_1",
                    "transaction_id": cls.tx.id,
                    "payment_id": cls.payment.id,
                    "currency_id": cls.currency.id,
                    "status": "needs_response",
                }
            )
        )

    @classmethod
    def _add_cards(cls):
        cls._add(
            cls.env(su=True)["clinic.card.consent"].create(
                {
                    "partner_id": cls.client.id,
                    "company_id": cls.practice.id,
                    "text": "I agree.",
                    "token_id": cls.token.id,
                }
            )
        )
        cls._add(
            cls.env(su=True)["clinic.stripe.detachment"].create(
                {
                    "provider_id": cls.provider.id,
                    "token_id": cls.token.id,
                    "payment_method_ref": "pm_1",
                }
            )
        )
        cls._add_dialog("clinic.card.rename", token_id=cls.token.id, nickname="Blue")

    @classmethod
    def _add_connection(cls):
        of_provider = {"provider_id": cls.provider.id}
        cls._add(cls.provider, name="Other")
        cls._add(
            cls.env(su=True)["clinic.stripe.event"].create(
                {
                    **of_provider,
                    "event_id": "evt_1",
                    "event_type": "charge.refunded",
                    "transaction_id": cls.tx.id,
                }
            )
        )
        cls._add(
            cls.env(su=True)["clinic.stripe.health"].create(
                {**of_provider, "subject": "keys", "level": "ok", "message": "Good."}
            )
        )
        cls._add(
            cls.env(su=True)["clinic.stripe.customer"].create(
                {
                    "partner_id": cls.client.id,
                    "account_ref": "acct_1/test",
                    "customer_ref": "cus_1",
                }
            )
        )
        cls._add(
            cls.env(su=True)["clinic.stripe.disclosure"].create(
                {
                    "sent_on": "2024-03-12 10:00:00",
                    "company_ref": cls.practice.id,
                    "method": "POST",
                    "endpoint": "payment_intents",
                }
            )
        )

    def test_the_table_tells_of_everything(self):
        self._print(TABLE)
        self.assertEqual([*self._find_missing(TABLE)], [])

    def test_nobody_does_what_the_table_does_not_allow(self):
        self.assertEqual([*self._find_red(TABLE)], [])

    def test_each_guard_is_missed_when_it_is_gone(self):
        self._check_guards(TABLE, CHECKS)
