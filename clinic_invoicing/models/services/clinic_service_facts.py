from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...rules import quantities

# What a rate says of a service: chosen anew, nobody has decided anything of it yet.
DECIDED_BY_RATE = ("billing", "name", "price_unit", "tax_ids")
# Who pays is decided for one patient, not for whoever comes instead.
DECIDED_FOR_PATIENT = ("bill_to_id", "billing")
# What may have changed while an invoice said what it was. What is copied from the
# rate is not in it: the rate could not be exchanged.
FOLLOWED_AGAIN = (
    "date",
    "duration",
    "practitioner_id",
    "patient_id",
    "quantity",
    "bill_to_id",
    "tax_ids",
    "price_unit",
    "amount_priced",
)


class ClinicService(models.Model):
    """What a service takes from its appointment and its rate, and until when.

    Until it is billed, and again after the bill was taken back: see
    ``clinic.following``, and the table in ``docs/developer/facts.md``.
    """

    _inherit = "clinic.service"

    is_billed = fields.Boolean(
        compute="_compute_is_billed",
        store=True,
        help="A payer has got an invoice, or an insurer has settled its part. It says "
        "what was billed then.",
    )

    # What is not billed is looked up when settings change; of the rest there may be a
    # million.
    _unbilled_index = models.Index("(company_id) WHERE is_billed IS NOT TRUE")

    # === COMPUTE METHODS === #

    # A method for each field: one that also assigned the others would overwrite what
    # was given for them, e.g. the price, and what depends on it would be wrong.

    @api.depends("share_ids.amount_invoiced", "share_ids.settled_amount")
    def _compute_is_billed(self):
        freed = self.browse()
        for service in self:
            was_billed = service.is_billed
            service.is_billed = any(share._is_billed() for share in service.share_ids)
            if was_billed and not service.is_billed:
                freed |= service
        freed._after_bill_is_gone()

    def _after_bill_is_gone(self):
        """Follow what they did not while billed. Rooms below add to it."""
        self._clinic_follow_again(FOLLOWED_AGAIN)

    @api.depends("rate_id")
    def _compute_name(self):
        self._clinic_follow("name")

    def _find_name(self):
        return {
            service: service.rate_id.clinic_billed_description
            or service.rate_id.name
            or "/"
            for service in self
        }

    @api.depends(
        "event_id.allday",
        "event_id.event_tz",
        "event_id.start",
        "event_id.start_date",
        "event_id.user_id",
    )
    def _compute_date(self):
        self._clinic_follow("date")

    def _find_date(self):
        return {
            service: service.event_id._clinic_get_date(service.company_id)
            if service._follows_appointment()
            else service.date or service._get_practices_day()
            for service in self
        }

    def _get_practices_day(self):
        self.ensure_one()
        return (self.company_id or self.env.company)._clinic_get_day()

    @api.depends("event_id.allday", "event_id.duration")
    def _compute_duration(self):
        self._clinic_follow("duration")

    def _find_duration(self):
        return {
            service: service.event_id._clinic_get_hours()
            if service._follows_appointment()
            else service.duration
            for service in self
        }

    @api.depends("event_id.user_id")
    def _compute_practitioner_id(self):
        self._clinic_follow("practitioner_id")

    def _find_practitioner_id(self):
        return {
            service: service.event_id.user_id
            if service._follows_appointment()
            else service.practitioner_id
            for service in self
        }

    @api.depends("event_id.clinic_patient_id")
    def _compute_patient_id(self):
        # Those of a slot that is nobody's, or nobody's any more, keep their own.
        of_patients = self.filtered("event_id.clinic_patient_id")
        of_patients._clinic_follow("patient_id")

    def _find_patient_id(self):
        return {
            service: service.event_id.clinic_patient_id
            if service._follows_patient()
            else service.patient_id
            for service in self
        }

    def _follows_patient(self):
        """Whether an appointment says whose it is. Rooms below add to it."""
        return self._follows_appointment()

    def _follows_appointment(self):
        """Whether an appointment says when and by whom; rooms below add to it.

        A service without one, or that has outlived it, keeps what it has.
        """
        self.ensure_one()
        return bool(self.event_id)

    @api.depends("rate_id", "duration")
    def _compute_quantity(self):
        self._clinic_follow("quantity")

    def _find_quantity(self):
        return {service: service._get_quantity() for service in self}

    def _get_quantity(self):
        """Return how many are billed, as long as nobody has entered a number."""
        rate = self.rate_id
        if rate.clinic_quantity_mode != "minutes":
            return 1.0
        return quantities.units_of_minutes(
            self.duration * 60,
            rate.clinic_minutes_per_unit,
            rate.clinic_minutes_rounding,
        )

    # === FORMS === #

    @api.onchange(
        "bill_to_id",
        "billing",
        "date",
        "duration",
        "name",
        "practitioner_id",
        "price_unit",
        "quantity",
        "tax_ids",
    )
    def _onchange_followed(self):
        """Keep what is typed from being replaced while the form is still open."""
        self._clinic_note_decisions(
            [name for name in self._clinic_get_following() if name != "patient_id"]
        )

    @api.onchange("rate_id")
    def _onchange_rate_id(self):
        self._forget_former_rate(self.rate_id)

    # === DECISIONS THAT END === #

    def _forget_former_rate(self, rate):
        """Let what is another rate's now follow that one.

        A number that was entered stays where one is entered again.
        """
        self._clinic_forget_decisions(DECIDED_BY_RATE)
        if not rate.product_tmpl_id._clinic_takes_numbers():
            self._clinic_forget_decisions(["quantity"])

    @contextmanager
    def _following_patient(self, vals):
        """Leave nothing of the former patient when the block makes it another's.

        :param dict vals: what the block writes, here or on the appointment
        """
        if not {"clinic_patient_id", "event_id", "patient_id"} & vals.keys():
            yield
            return
        former = {service: service.patient_id for service in self}
        yield
        changed = self.filtered(lambda service: service.patient_id != former[service])
        changed._after_patient_is_changed(vals.keys())

    def _after_patient_is_changed(self, given):
        """Let who pays follow from the new patient. Rooms below add to it.

        :param given: the names of what was given together with the patient
        """
        names = [name for name in DECIDED_FOR_PATIENT if name not in given]
        self._clinic_forget_decisions(names)
        self._clinic_follow_again(names)

    # === BILLED ALREADY === #

    def _clinic_is_history(self):
        return self.is_billed

    def _is_on_invoice(self):
        self.ensure_one()
        return self.is_billed

    def _check_not_on_invoice(self):
        """Raise for services whose invoice says what they are.

        :raise UserError: naming them and the way out
        """
        billed = self.filtered(lambda service: service._is_on_invoice())
        if billed:
            raise UserError(
                self.env._(
                    "%(services)s: already invoiced. Credit the invoice first, then "
                    "change the service.",
                    services=", ".join(billed.mapped("display_name")),
                )
            )

    @api.model
    def _get_unbilled(self, domain):
        """Return, in sudo, the services in the domain that still follow their facts."""
        # sudo: who changes settings need not read services.
        return self.sudo().search(Domain(domain) & Domain("is_billed", "=", False))
