import contextlib
import json
import logging
import re
from urllib.parse import unquote_plus

from workbench.emulator import SECRET_KEY

from ..common import StripeHttpCommon

MARK = "MARKNAME"
BLACKENED = "'client_secret': '[REDACTED]'"
# The text of every query, with its values: an administrator who asks for them wants
# what is in the database.
LOUD = ("odoo.sql_db",)


@contextlib.contextmanager
def every_level():
    """Let loggers write everything, whatever the configuration says.

    Only the SDK keeps the level that the adapter gives it.
    """
    known = [
        logger
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and not name.startswith("stripe")
    ]
    before = [(logger, logger.level, logger.propagate) for logger in known]
    for logger in known:
        logger.setLevel(logging.NOTSET)
        logger.propagate = logger.name not in LOUD
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level, propagates in before:
            logger.setLevel(level)
            logger.propagate = propagates


class PrivacyCommon(StripeHttpCommon):
    """A practice in which everything personal bears a mark, and all that it does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._mark_everything()
        cls.service = cls._create_service(
            cls.rate, cls.child, price_unit=120, name="MARKNAME: exposure, session 3"
        )
        cls.invoices = cls._invoice(cls.service) | cls._bill(80) | cls._bill(60)
        cls.invoices |= cls._bill(40) | cls._bill(30)
        cls.invoices.write(
            {
                "ref": "MARKNAME F41.1",
                "narration": "MARKNAME was late",
                "invoice_origin": "MARKNAME",
            }
        )
        cls.env.flush_all()

    @classmethod
    def _mark_everything(cls):
        """Put a word that can be found again into all that is personal."""
        (cls.client | cls.child).write(
            {
                "name": "Clara MARKNAME",
                "email": "clara.markname@example.com",
                "phone": "+1 555 MARKNAME",
                "street": "1 MARKNAME Road",
                "street2": "MARKNAME House",
                "city": "MARKNAME",
                "zip": "MARKNAME",
                "vat": False,
                "comment": "Diagnosis MARKNAME F41.1",
                "function": "MARKNAME",
            }
        )
        cls.rate.write({"name": "MARKNAME therapy", "default_code": "MARKNAME"})
        cls.rate.product_tmpl_id.description_sale = "MARKNAME"
        cls.practitioner.name = "Dr. MARKNAME"
        cls.insurer.name = "MARKNAME Mutual"

    # === WHAT HAPPENS === #

    def _all_flows(self):
        """Do what a practice and its clients do; return what the browser was told."""
        self.authenticate("client", "client")
        told = [self._pay_on_the_portal(self.invoices[0], "visa_chargeDeclined")]
        told.append(self._pay_on_the_portal(self.invoices[0]))
        token = self._save_card()
        told.append(
            self._press_pay(
                self.invoices[1],
                flow="token",
                token_id=token.id,
                payment_method_id=None,
            )
        )
        self.make_jsonrpc_request("/payment/status/poll")
        self._charge_at_the_desk(self.invoices[2], token)
        told.append(self._save_another_card())
        told.append(self._press_pay(self.invoices[3]))
        told.append(self._pay_on_the_portal(self.invoices[3] | self.invoices[4]))
        self._refund_and_tell()
        told += self._card_forms()
        return told

    def _press_pay(self, invoices, **values):
        ids = ",".join(map(str, invoices.ids))
        shown = self._read_shown("/my/billing/pay", invoice_ids=ids)
        answer = self.make_jsonrpc_request(
            f"/my/billing/pay/{ids}",
            self._pay_values(
                **{
                    "amount": sum(invoices.mapped("amount_residual")),
                    "tokenization_requested": True,
                    "shown": shown,
                    **values,
                }
            ),
        )
        self.env.invalidate_all()
        return answer

    def _pay_on_the_portal(self, invoices, card="visa"):
        told = self._press_pay(invoices)
        self.browser.confirm(told["client_secret"], card)
        intent = told["client_secret"].partition("_secret_")[0]
        params = {"reference": told["reference"], "payment_intent": intent}
        self.url_open("/payment/stripe/return", params=params)
        self.make_jsonrpc_request("/payment/status/poll")
        kind = "payment_failed" if "Declined" in card else "succeeded"
        self._deliver(f"payment_intent.{kind}")
        return told

    def _charge_at_the_desk(self, invoice, token):
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_method_line_id": line.id, "payment_token_id": token.id})
        )
        wizard.action_create_payments()
        self.assertEqual(invoice.amount_residual, 0)

    def _save_another_card(self):
        tx = self._create_transaction(
            operation="validation",
            amount=0,
            tokenize=True,
            reference=self.env["payment.transaction"]._compute_reference(
                "stripe", prefix="V-MARKNAME"
            ),
        )
        told = tx._get_processing_values()
        self.browser.confirm(told["client_secret"], "mastercard")
        self.env.flush_all()
        params = {"reference": tx.reference, "setup_intent": tx.provider_reference}
        self.url_open("/payment/stripe/return", params=params)
        self.env.invalidate_all()
        self.assertEqual(tx.token_id.payment_details, "4444")
        return told

    def _refund_and_tell(self):
        tx = self.invoices[0].transaction_ids.filtered(lambda tx: tx.state == "done")
        tx._refund(20)._post_process()
        self._deliver("charge.refunded")
        self.control.dashboard_refund(tx.provider_reference, amount=1000)
        self._deliver("charge.refunded")

    def _card_forms(self):
        return [
            self.provider._stripe_get_inline_form_values(
                120.0,
                self.env.company.currency_id,
                self.client.id,
                is_validation,
                payment_method_sudo=self.card_method.sudo(),
            )
            for is_validation in (False, True)
        ]

    # === WHAT IS LOOKED AT === #

    def _watch(self):
        """Do everything; return the texts that left this database, by where to."""
        with every_level(), self.assertLogs(level="DEBUG") as logs:
            told = self._all_flows()
        requests = [json.dumps(each) for each in self._sent()]
        requests += [unquote_plus(each["raw"]) for each in self._sent()]
        requests += [
            unquote_plus(each["path"] + each["query"]) for each in self._sent()
        ]
        return {
            "Stripe": requests,
            "the log": logs.output,
            "the browser": [json.dumps(each) for each in told],
            "the inbox": [json.dumps(self._received().read(), default=str)],
        }

    def _find(self, texts, *words):
        """Return where these words stand, with a little of what is around them."""
        pattern = "|".join(map(re.escape, words))
        return [
            text[max(0, match.start() - 60) : match.end() + 60]
            for text in texts
            for match in re.finditer(pattern, text, re.IGNORECASE)
        ]

    def _secrets(self):
        return (
            SECRET_KEY,
            self.provider.stripe_webhook_secret,
            self.env["ir.config_parameter"].sudo().get_param("database.secret"),
        )

    def assertNothingPersonal(self, watched):
        numbers = self.invoices.mapped("name")
        for place, texts in watched.items():
            self.assertTrue(texts, f"nothing was seen of {place}")
            self.assertFalse(self._find(texts, MARK, *numbers), place)
            self.assertFalse(self._find(texts, *self._secrets()), place)
        # What the browser needs to pay is for the browser alone.
        client_secrets = ("_secret_", "client_secret")
        for place in watched.keys() - {"the browser"}:
            # Core writes messages down, and blackens what nobody may read.
            texts = [text.replace(BLACKENED, "") for text in watched[place]]
            self.assertFalse(self._find(texts, *client_secrets), place)
