from odoo import api, fields, models
from odoo.tools import float_is_zero, ormcache

# An empty one of these is no decision: it asks for what the facts say.
TYPES_TO_BE_FILLED = ("char", "date", "many2one", "selection")


class ClinicFollowing(models.AbstractModel):
    """A record whose values follow their facts until it is billed, or somebody decides.

    For each field that follows there is a method ``_find_<field>``: it returns what the
    facts say now, by record. ``@api.depends`` of the field says when to ask it; its
    compute method calls ``_clinic_follow()``.

    What somebody gives is a decision where it differs from what the facts say at that
    moment, and stays. A form sends back what it was shown, an import repeats what is
    there: that is none. Who empties a value, or gives what the facts say, has it follow
    again.
    """

    _name = "clinic.following"
    _description = "Values That Follow Their Facts"

    by_hand = fields.Char(
        string="Entered by Hand",
        readonly=True,
        copy=False,
        help="The fields in which somebody has entered something else than what "
        "follows from the facts. They stay as they are.",
    )

    by_hand_label = fields.Char(
        string="Was Entered by Hand", compute="_compute_by_hand_label"
    )

    # === COMPUTE METHODS === #

    @api.depends("by_hand")
    def _compute_by_hand_label(self):
        for record in self:
            names = filter(None, (record.by_hand or "").split(","))
            record.by_hand_label = ", ".join(
                self._fields[name]._description_string(self.env) for name in names
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        defaults = {
            name.removeprefix("default_")
            for name in self.env.context
            if name.startswith("default_")
        }
        given = [defaults | vals.keys() for vals in vals_list]
        records = super().create(vals_list)
        for name in self._clinic_get_following():
            told = (
                record.id
                for record, names in zip(records, given, strict=True)
                if name in names
            )
            records.browse(told)._clinic_note_decisions([name])
        return records

    def write(self, vals):
        result = super().write(vals)
        self._clinic_note_decisions(
            [name for name in self._clinic_get_following() if name in vals]
        )
        return result

    # === FOLLOWING === #

    @api.model
    @ormcache()
    def _clinic_get_following(self):
        """Return the names of the fields that follow."""
        return [name for name in self._fields if hasattr(self, f"_find_{name}")]

    def _clinic_find(self, name):
        """Return what the facts say, by record."""
        return getattr(self, f"_find_{name}")()

    def _clinic_follow(self, name):
        """Let a field say what its facts say, where nothing keeps it as it is."""
        free = self.filtered(lambda record: not record._clinic_is_kept(name))
        found = free._clinic_find(name)
        # All that say the same at once: Odoo reads old relations record by record.
        is_relational = self._fields[name].relational
        for records in free.grouped(
            lambda record: found[record]._ids if is_relational else found[record]
        ).values():
            records[name] = found[records[0]]

    def _clinic_is_kept(self, name):
        """Whether a field stays as it is, whatever becomes of its facts."""
        self.ensure_one()
        # A record that is being created has nothing to keep yet.
        is_history = bool(self._origin) and self._origin._clinic_is_history()
        return is_history or self._clinic_is_by_hand(name)

    def _clinic_is_history(self):
        """Whether it says what was billed. Each model says it."""
        raise NotImplementedError

    def _clinic_follow_again(self, names):
        """Ask the facts anew, e.g. when nothing keeps these fields any more."""
        for name in names:
            self.env.add_to_compute(self._fields[name], self)
        self.modified(names)

    # === DECISIONS === #

    def _clinic_is_by_hand(self, name):
        """Whether somebody has decided what a field says."""
        self.ensure_one()
        return name in (self.by_hand or "").split(",")

    def _clinic_note_decisions(self, names):
        """Remember in which of these fields is something else than the facts say."""
        # sudo: compute methods, which say the same, read all facts as well.
        records = self.sudo()
        for name in names:
            found = records._clinic_find(name)
            decided = records.filtered(
                lambda one, name=name, found=found: (
                    not one._clinic_says(name, found[one])
                )
            )
            emptied = decided.filtered(
                lambda one, name=name: (
                    one._fields[name].type in TYPES_TO_BE_FILLED and not one[name]
                )
            )
            (decided - emptied)._clinic_mark({name}, is_by_hand=True)
            (records - (decided - emptied))._clinic_mark({name}, is_by_hand=False)
            emptied._clinic_follow_again([name])

    def _clinic_says(self, name, value):
        """Whether a field says this."""
        self.ensure_one()
        field = self._fields[name]
        if field.relational:
            # What is typed into forms is no stored record.
            return self[name]._origin == value._origin
        if field.type != "float":
            return self[name] == value
        digits = field.get_digits(self.env)
        return float_is_zero(
            self[name] - value, precision_digits=digits[1] if digits else 6
        )

    def _clinic_forget_decisions(self, names):
        """Let these fields follow again, whoever has decided something of them."""
        self._clinic_mark(set(names), is_by_hand=False)

    def _clinic_mark(self, names, *, is_by_hand):
        """Remember, or forget, that these fields were given by hand."""
        for former, records in self.grouped("by_hand").items():
            marked = set(filter(None, (former or "").split(",")))
            marks = marked | names if is_by_hand else marked - names
            if marks != marked:
                # sudo: nobody marks it by hand.
                records.sudo().by_hand = ",".join(sorted(marks)) or False
