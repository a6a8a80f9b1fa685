from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...rules import billing_state, proportions, smallest_units
from ...rules.payers import PAYER_INSURER, PAYER_PATIENT, PAYER_WRITE_OFF

# What is given for the share that a service is made with.
FIELDS_OF_FIRST_SHARE = {"service_id", "takes_rest"}

CHECK_SHARES = """
CREATE OR REPLACE FUNCTION clinic_check_shares() RETURNS trigger AS $$
DECLARE
    checked integer;
BEGIN
    IF TG_TABLE_NAME = 'clinic_service' THEN
        checked := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        checked := OLD.service_id;
    ELSE
        checked := NEW.service_id;
    END IF;
    IF EXISTS (
        SELECT FROM clinic_service service
         WHERE service.id = checked
           AND service.amount_total IS DISTINCT FROM (
               SELECT COALESCE(SUM(share.amount), 0)
                 FROM clinic_service_share share
                WHERE share.service_id = checked)
    ) THEN
        RAISE EXCEPTION
            'The shares of service % do not sum to its total', checked
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

DROP TRIGGER IF EXISTS clinic_shares_sum ON clinic_service_share;
CREATE CONSTRAINT TRIGGER clinic_shares_sum
    AFTER INSERT OR UPDATE OF amount, service_id OR DELETE
    ON clinic_service_share
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clinic_check_shares();

DROP TRIGGER IF EXISTS clinic_total_sum ON clinic_service;
CREATE CONSTRAINT TRIGGER clinic_total_sum
    AFTER INSERT OR UPDATE OF amount_total
    ON clinic_service
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clinic_check_shares();
"""


class ClinicServiceShare(models.Model):
    """The part of a service's price that one payer owes.

    One share of each service takes what the others leave, so that the shares
    always sum to the total, whatever is edited.
    """

    _name = "clinic.service.share"
    _description = "Clinic Service Share"
    _inherit = ["clinic.guarded", "clinic.following"]
    _order = "service_id, id"
    _clinic_given = ("service_id", "takes_rest")
    _rec_names_search = (
        "service_id.name",
        "service_id.patient_id.name",
        "service_id.patient_id.clinic_member_number",
        "invoice_line_ids.move_id.name",
    )

    service_id = fields.Many2one(
        "clinic.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id")
    currency_id = fields.Many2one(related="service_id.currency_id")
    takes_rest = fields.Boolean(
        help="Owes what the other shares of the service leave.", readonly=True
    )
    by_rate = fields.Boolean(
        readonly=True,
        copy=False,
        help="The part that insurers cover of the rate: owed by the patient's insurer, "
        "as long as there is one and nobody has said who owes what.",
    )
    payer_type = fields.Selection(
        [
            (PAYER_PATIENT, "Patient or guarantor"),
            (PAYER_INSURER, "Insurer"),
            (PAYER_WRITE_OFF, "Written off"),
        ],
        compute="_compute_payer_type",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Payer",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        index=True,
        ondelete="restrict",
    )
    cover_type = fields.Selection(
        [("amount", "An amount"), ("percent", "A part of the price, in %")],
        default="amount",
        required=True,
    )
    fixed_amount = fields.Monetary(
        help="What this payer owes, unless the share takes the rest."
    )
    percent = fields.Float(
        help="The part of the service's total, if the cover is a percentage."
    )
    amount = fields.Monetary(compute="_compute_amount", store=True)
    amount_due = fields.Monetary(
        string="Open",
        compute="_compute_state",
        store=True,
        help="What this payer has not paid yet.",
    )
    amount_invoiced = fields.Monetary(
        compute="_compute_billing",
        store=True,
        help="On invoices that are not cancelled, less their credit notes.",
    )
    amount_paid = fields.Monetary(compute="_compute_billing", store=True)
    invoice_date = fields.Date(compute="_compute_billing", store=True)
    state = fields.Selection(
        [
            ("to_bill", "To Bill"),
            ("invoiced", "Invoiced"),
            ("paid", "Paid"),
            ("written_off", "Written Off"),
        ],
        compute="_compute_state",
        store=True,
    )
    invoice_line_ids = fields.One2many(
        "account.move.line",
        "clinic_share_id",
        string="Invoice Lines",
        readonly=True,
    )

    _one_rest_per_service = models.UniqueIndex(
        "(service_id) WHERE takes_rest", "Only one share of a service takes the rest."
    )
    _percent_of_the_whole = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 100)", "A part is between 0 and 100 %."
    )
    _amount_not_negative = models.Constraint(
        "CHECK (amount >= 0)", "The shares exceed the total of the service."
    )

    def init(self):
        """Let PostgreSQL hold that the shares of a service sum to its total.

        Deferred to the commit, because moving an amount between two shares takes
        two updates. Raw SQL: the ORM has no constraint over several rows.
        """
        self.env.cr.execute(CHECK_SHARES)

    # === COMPUTE METHODS === #

    @api.depends("service_id.display_name")
    def _compute_display_name(self):
        for share in self:
            share.display_name = share.service_id.display_name

    @api.depends("takes_rest", "service_id.billing")
    def _compute_payer_type(self):
        self._clinic_follow("payer_type")

    def _find_payer_type(self):
        return {
            share: share.service_id._get_payer_type_of_rest()
            if share.takes_rest
            else share.payer_type
            for share in self
        }

    @api.depends(
        "by_rate",
        "payer_type",
        "service_id.bill_to_id",
        "service_id.patient_id.clinic_insurer_id",
        "takes_rest",
    )
    def _compute_partner_id(self):
        self._clinic_follow("partner_id")

    def _find_partner_id(self):
        return {share: share._get_payer() for share in self}

    def _get_payer(self):
        """Return who owes this share, as long as nobody has said it."""
        self.ensure_one()
        service = self.service_id
        if self.payer_type == PAYER_PATIENT:
            return service.bill_to_id
        if self.payer_type == PAYER_WRITE_OFF:
            return self.partner_id.browse()
        if self.takes_rest or self.by_rate:
            return self._get_insurer()
        return self.partner_id

    def _get_insurer(self):
        """Return the insurer, as the facts say.

        When the client has got an invoice, how much of it is left to an insurer stays.
        """
        insurer = self.service_id._get_insurer()
        is_fixed = self.by_rate and self.service_id._origin.is_billed
        return (
            self.partner_id
            if is_fixed and not (self.partner_id and insurer)
            else insurer
        )

    @api.depends(
        "by_rate",
        "partner_id",
        "takes_rest",
        "cover_type",
        "fixed_amount",
        "percent",
        "amount_correction",
        "service_id.amount_priced",
        "service_id.billing",
        "service_id.share_ids.by_rate",
        "service_id.share_ids.cover_type",
        "service_id.share_ids.fixed_amount",
        "service_id.share_ids.partner_id",
        "service_id.share_ids.percent",
    )
    def _compute_amount(self):
        for share in self:
            share.amount = share._get_agreed_amount() + share.amount_correction

    def _get_agreed_amount(self):
        """Return its part of the price, before its invoice has the last word."""
        self.ensure_one()
        shares = self.service_id.share_ids
        if self not in shares:
            shares |= self
        return shares._share_out_price()[self]

    def _share_out_price(self):
        """Return what each of these, all of one service, owes of its price.

        None owes more than the ones before it leave, also when the price has fallen
        below what was agreed. One owes what all leave.

        :rtype: dict
        """
        service = self.service_id
        others = self.filtered(lambda share: not share.takes_rest)
        owed = service._get_cover_amounts([share._get_claim() for share in others])
        rest = service.amount_priced - sum(owed)
        amounts = dict(zip(others, owed, strict=True))
        return {**dict.fromkeys(self - others, rest), **amounts}

    def _get_claim(self):
        """Return the cover that it has today, like those of ``_set_covers()``."""
        self.ensure_one()
        is_waiting = self.by_rate and not self._is_covered_by_rate()
        name = "fixed_amount" if self.cover_type == "amount" else "percent"
        value = 0.0 if is_waiting else self[name]
        return self.payer_type, self.partner_id, self.cover_type, value

    def _is_covered_by_rate(self):
        """Whether an insurer covers a part, and the rest is the client's."""
        self.ensure_one()
        return bool(self.partner_id) and self.service_id.billing == "client"

    def _get_cover(self):
        """Return the amount that is agreed, or the part of the price."""
        self.ensure_one()
        if self.cover_type == "amount":
            return self.fixed_amount
        rounding = self.currency_id.rounding or 0.01
        total = smallest_units.to_smallest_unit(self.service_id.amount_priced, rounding)
        return proportions.percent_of(total, self.percent) * rounding

    # What is billed does not depend on what is owed: services ask whether they are on
    # an invoice while their own amounts are computed.

    @api.depends(
        "settled_amount",
        "settled_date",
        "invoice_line_ids.price_total",
        "invoice_line_ids.parent_state",
        "invoice_line_ids.move_id.amount_residual",
        "invoice_line_ids.move_id.amount_total",
        "invoice_line_ids.move_id.invoice_date",
        "invoice_line_ids.move_id.clinic_allocation_ids.amount",
    )
    def _compute_billing(self):
        paid = self.invoice_line_ids.move_id._clinic_get_paid_by_share()
        billed = self.invoice_line_ids._clinic_get_billed_amounts()
        for share in self:
            lines = share._get_billing_lines()
            dates = [*lines.move_id.mapped("invoice_date"), share.settled_date]
            share.invoice_date = max(filter(None, dates), default=False)
            share.amount_invoiced = sum(billed[line] for line in lines)
            share.amount_paid = paid.get(share.id, 0.0) + share.settled_amount

    @api.depends("amount", "payer_type", "amount_invoiced", "amount_paid")
    def _compute_state(self):
        for share in self:
            share.state = share._get_state(share._get_billing_lines().move_id)
            share.amount_due = share._get_amount_due()

    def _get_billing_lines(self):
        """Return the invoice lines that count."""
        return self.invoice_line_ids.filtered(
            lambda line: line._clinic_bills_its_share()
        )

    def _clinic_is_history(self):
        return self._is_billed()

    def _is_billed(self):
        """Whether it is on an invoice, or settled: then it says what was owed."""
        self.ensure_one()
        return self.amount_invoiced > 0 or self.settled_amount > 0

    def _get_state(self, invoices):
        """Return the state, given the invoices that are not cancelled."""
        self.ensure_one()
        rounding = self.currency_id.rounding or 0.01
        amounts = billing_state.ShareAmounts(
            owed=smallest_units.to_smallest_unit(self.amount, rounding),
            invoiced=smallest_units.to_smallest_unit(self.amount_invoiced, rounding),
            paid=smallest_units.to_smallest_unit(self.amount_paid, rounding),
            is_settled=all(
                move.state == "posted"
                and move.currency_id.is_zero(move.amount_residual)
                for move in invoices
            ),
        )
        return billing_state.share_state(self.payer_type == PAYER_WRITE_OFF, amounts)

    def _get_amount_due(self):
        """Return what is owed and not paid; what was credited is not owed."""
        self.ensure_one()
        if self.state in ("written_off", "paid"):
            return 0.0
        owed = self.amount if self.state == "to_bill" else self.amount_invoiced
        return owed - self.amount_paid

    def _is_nothing(self):
        """Whether this payer owes nothing, e.g. when another takes everything."""
        self.ensure_one()
        return (self.currency_id or self.env.company.currency_id).is_zero(self.amount)

    # === CONSTRAINT METHODS === #

    @api.constrains("takes_rest", "fixed_amount", "percent", "service_id")
    def _check_sum(self):
        for service in self.service_id:
            difference = service.amount_total - sum(service.share_ids.mapped("amount"))
            if not service.currency_id.is_zero(difference):
                raise ValidationError(
                    self.env._(
                        "The shares of %(service)s must sum to its total.",
                        service=service.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # In sudo, a share is moved: it leaves the invoices of the others alone.
        if not self.env.su:
            if any(vals.keys() - FIELDS_OF_FIRST_SHARE for vals in vals_list):
                self._check_may_move()
            services = self.env["clinic.service"].browse(
                vals["service_id"] for vals in vals_list
            )
            services._check_not_on_invoice()
        shares = super().create(vals_list)
        shares._after_being_told()
        if not self.env.su:
            shares._check_may_be_written()
            shares._log_write_offs()
        return shares

    def _check_may_be_written(self):
        """Let only billers say who owes what; a service makes its own first share.

        The final values are looked at: a context may have given some of them.
        """
        told = self.filtered(lambda share: not share._follows_service())
        if told:
            told._check_may_move()

    def _follows_service(self):
        """Whether it owes what follows from the service: all, by who pays for it."""
        self.ensure_one()
        if not self.takes_rest or self.payer_type == PAYER_WRITE_OFF:
            return False
        return self.partner_id == self._get_payer()
