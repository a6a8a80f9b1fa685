from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils

LEVELS = ("ok", "warning", "danger")
# A message that waits longer than this is not only on its way.
LATE_MINUTES = 30
# The job compares the books each day.
LEDGER_DAYS = 2
# Stripe tells of an event within seconds; what it has not told by then is missed.
DELIVERY_TIME = timedelta(hours=1)
# One that was missed is enough; those that the other companies got are left out.
LATEST = 1000


class PaymentProvider(models.Model):
    """Whether payments arrive: keys, endpoint, messages and books at one glance."""

    _inherit = "payment.provider"

    clinic_stripe_health_ids = fields.One2many(
        "clinic.stripe.health",
        "provider_id",
        readonly=True,
        copy=False,
        groups="base.group_system",
    )
    clinic_stripe_health = fields.Selection(
        [("ok", "Good"), ("warning", "Please Look"), ("danger", "Repair")],
        string="Stripe Health",
        compute="_compute_clinic_stripe_health",
        compute_sudo=True,
        groups="base.group_system",
    )
    clinic_stripe_health_on = fields.Datetime(
        string="Looked at", readonly=True, copy=False, groups="base.group_system"
    )

    @api.depends("clinic_stripe_health_ids.level")
    def _compute_clinic_stripe_health(self):
        for provider in self:
            levels = provider.clinic_stripe_health_ids.mapped("level")
            provider.clinic_stripe_health = max(levels, key=LEVELS.index, default=False)

    # === ACTION METHODS === #

    def action_clinic_stripe_check_health(self):
        """Look at everything now."""
        self.ensure_one()
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only administrators may look at the keys."))
        self._clinic_stripe_check_health()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_clinic_stripe_open_checks(self):
        """Show the comparisons of this provider's books."""
        self.ensure_one()
        self.env["clinic.stripe.check"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "clinic_stripe_gateway.clinic_stripe_check_action"
        )
        return {**action, "domain": [("provider_id", "=", self.id)]}

    # === LOOKING === #

    def _clinic_stripe_check_health(self):
        """Look at everything, and keep what was seen."""
        self.ensure_one()
        seen = [
            *self._clinic_stripe_look_at_account(),
            self._clinic_stripe_look_at_secret(),
            *self._clinic_stripe_look_at_inbox(),
            self._clinic_stripe_look_at_ledger(),
            self._clinic_stripe_look_at_transport(),
        ]
        commands = [
            Command.create({"subject": subject, "level": level, "message": message})
            for subject, level, message in seen
        ]
        # sudo: nobody writes what was seen but this method.
        self.sudo().write(
            {
                "clinic_stripe_health_ids": [Command.clear(), *commands],
                "clinic_stripe_health_on": fields.Datetime.now(),
            }
        )

    def _clinic_stripe_look_at_account(self):
        """Return what only Stripe can tell; one answer is enough to know it is down."""
        try:
            account_id = self._clinic_stripe_call("get_account_id")
            endpoints = self._clinic_stripe_get_endpoints()
        except UserError as error:
            return [("keys", "danger", str(error))]
        works = self.env._("The key works for %(account)s.", account=account_id)
        return [
            ("keys", "ok", works),
            self._clinic_stripe_look_at_mode(),
            *self._clinic_stripe_look_at_endpoint(endpoints),
        ]

    def _clinic_stripe_look_at_mode(self):
        is_live = self._clinic_stripe_is_live()
        publishable = stripe_utils.get_publishable_key(self) or ""
        if is_live != publishable.startswith("pk_live_"):
            text = self.env._("One key is for real payments, the other for tests.")
            return "mode", "danger", text
        if self.state == "enabled" and not is_live:
            text = self.env._("The provider is enabled with test keys: nobody pays.")
            return "mode", "danger", text
        if self.state == "test" and is_live:
            text = self.env._("The test mode has live keys: cards are charged.")
            return "mode", "danger", text
        if is_live:
            return "mode", "ok", self.env._("Real payments.")
        return "mode", "ok", self.env._("Test payments.")

    # === ENDPOINT === #

    def _clinic_stripe_look_at_endpoint(self, endpoints):
        url = self._get_stripe_webhook_url()
        if not endpoints:
            text = self.env._("Stripe knows no endpoint at %(url)s.", url=url)
            return [("endpoint", "danger", text)]
        endpoint = endpoints[0]
        level, text = "ok", self.env._("Stripe sends to %(url)s.", url=url)
        if not endpoint.is_enabled:
            level = "danger"
            text = self.env._("Stripe has disabled the endpoint.")
        elif len(endpoints) > 1:
            level = "warning"
            text = self.env._(
                "%(count)s endpoints have this address: Odoo refuses what the others "
                "sign. Delete them at Stripe.",
                count=len(endpoints),
            )
        return [
            ("endpoint", level, text),
            self._clinic_stripe_look_at_events(endpoint),
            self._clinic_stripe_look_at_version(endpoint),
        ]

    def _clinic_stripe_look_at_events(self, endpoint):
        missing = endpoint.missing(self._clinic_stripe_get_wanted_events())
        if not missing:
            return "events", "ok", self.env._("All events that are needed are sent.")
        names = ", ".join(missing)
        return "events", "danger", self.env._("Not sent: %(events)s", events=names)

    def _clinic_stripe_look_at_version(self, endpoint):
        """Any version will do: objects are fetched. Only Core reads the message."""
        version = endpoint.api_version or self.env._("the account's own")
        if self._clinic_stripe_uses_sdk() or version == stripe_const.API_VERSION:
            return "version", "ok", version
        return (
            "version",
            "danger",
            self.env._(
                "%(version)s, but with the SDK switched off Odoo reads only %(own)s.",
                version=version,
                own=stripe_const.API_VERSION,
            ),
        )

    def _clinic_stripe_look_at_secret(self):
        if stripe_utils.get_webhook_secret(self):
            return "secret", "ok", self.env._("The signing secret is set.")
        return (
            "secret",
            "danger",
            self.env._("There is no signing secret: Odoo refuses all messages."),
        )

    # === MESSAGES AND BOOKS === #

    def _clinic_stripe_look_at_inbox(self):
        """Return whether messages arrive, and what has not been settled."""
        groups = self.env["clinic.stripe.event"]._read_group(
            [("provider_id", "=", self.id)], ["state"], ["__count"]
        )
        return [
            self._clinic_stripe_look_at_delivery(),
            self._clinic_stripe_look_at_backlog(groups),
        ]

    def _clinic_stripe_look_at_delivery(self):
        """Return when a message arrived last, and whether later ones were missed."""
        last = self._clinic_stripe_get_last_delivery()
        if self._clinic_stripe_is_unheard():
            text = self.env._(
                "Stripe's messages do not arrive at %(url)s: Odoo only finds out by "
                "asking. Repair the endpoint; if that does not help, see whether the "
                "address can be reached from outside.",
                url=self._get_stripe_webhook_url(),
            )
            return "delivery", "warning", text
        if not last:
            text = self.env._("Stripe has not told anything yet.")
            return "delivery", "warning", text
        text = self.env._(
            "%(type)s on %(date)s UTC",
            type=last.event_type,
            date=fields.Datetime.to_string(last.create_date),
        )
        return "delivery", "ok", text

    def _clinic_stripe_look_at_backlog(self, groups):
        counts = dict(groups)
        text = self.env._(
            "%(waiting)s waiting, %(failed)s failed, %(unmatched)s unmatched",
            waiting=counts.get("received", 0),
            failed=counts.get("failed", 0),
            unmatched=counts.get("unmatched", 0),
        )
        late = fields.Datetime.now() - timedelta(minutes=LATE_MINUTES)
        is_stuck = self.env["clinic.stripe.event"].search_count(
            [
                ("provider_id", "=", self.id),
                ("state", "=", "received"),
                ("next_attempt", "<", late),
            ],
            limit=1,
        )
        if is_stuck:
            return "backlog", "danger", text
        needs_look = counts.get("failed") or counts.get("unmatched")
        return "backlog", "warning" if needs_look else "ok", text

    def _clinic_stripe_look_at_ledger(self):
        check = self.env["clinic.stripe.check"].search(
            [("provider_id", "=", self.id), ("state", "!=", "draft")], limit=1
        )
        if not check:
            return "ledger", "warning", self.env._("The books were never compared.")
        date = _on(check)
        if check.state == "failed":
            text = self.env._("Could not be compared on %(date)s.", date=date)
            return "ledger", "danger", text
        text = self.env._(
            "%(count)s differences on %(date)s",
            count=check.difference_count,
            date=date,
        )
        if check.difference_count:
            return "ledger", "danger", text
        old = fields.Datetime.now() - timedelta(days=LEDGER_DAYS)
        return "ledger", "warning" if check.checked_on < old else "ok", text

    def _clinic_stripe_look_at_transport(self):
        if self._clinic_stripe_uses_sdk():
            return "transport", "ok", self.env._("Stripe's own SDK is used.")
        text = self.env._("The SDK is switched off: Odoo's own transport is used.")
        return "transport", "warning", text

    # === WHETHER MESSAGES ARRIVE === #

    def _clinic_stripe_is_unheard(self):
        """Whether Odoo had to ask for events that came after the last message."""
        last = self._clinic_stripe_get_last_delivery()
        # sudo: it may have been delivered to another company.
        events = self.env["clinic.stripe.event"].sudo()
        missed = events.search(
            self._clinic_stripe_get_told_domain()
            & Domain("delivered", "=", False)
            & Domain("id", ">", last.id or 0)
            & Domain("create_date", "<", fields.Datetime.now() - DELIVERY_TIME),
            order="id desc",
            limit=LATEST,
        )
        # Companies that share an account share its endpoint, and each asks for itself.
        arrived = events.search(
            self._clinic_stripe_get_told_domain()
            & Domain("delivered", "=", True)
            & Domain("event_id", "in", missed.mapped("event_id"))
        )
        return bool(set(missed.mapped("event_id")) - set(arrived.mapped("event_id")))

    def _clinic_stripe_get_last_delivery(self):
        # sudo: an endpoint that is shared delivers to one of its companies.
        events = self.env["clinic.stripe.event"].sudo()
        return events.search(
            self._clinic_stripe_get_told_domain() & Domain("delivered", "=", True),
            order="id desc",
            limit=1,
        )

    def _clinic_stripe_get_told_domain(self):
        """Return the domain of Stripe's own events, not of Odoo's hints to itself."""
        sharers = self._clinic_stripe_get_endpoint_sharers()
        return Domain("provider_id", "in", sharers.ids) & Domain(
            "event_id", "=like", "evt\\_%"
        )

    def _clinic_stripe_get_endpoint_sharers(self):
        """Return the providers, this one included, that one endpoint signs for."""
        self.ensure_one()
        secret = stripe_utils.get_webhook_secret(self)
        if not secret:
            return self
        # sudo: the administrator of this company need not see the other's provider.
        others = self.sudo().search(
            [("code", "=", "stripe"), ("stripe_webhook_secret", "=", secret)]
        )
        return self | others.with_env(self.env)


def _on(record):
    """Return when a record was made, in words."""
    return fields.Datetime.to_string(record.create_date) + " UTC"
