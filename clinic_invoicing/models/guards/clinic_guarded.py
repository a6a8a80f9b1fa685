from odoo import api, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import ormcache

from ...server_side import heard, tell

GUARD = "clinic_guard_is_lifted"
# context: for what is no record of a guarded model and leads to one.
UNGUARDED = tell(**{GUARD: True})


class ClinicGuarded(models.AbstractModel):
    """A record of which nobody writes by hand what follows from facts.

    Derived is each field of ours that is declared read-only: states, amounts, whose
    decision something was, and in whose name it is done. Odoo keeps read-only fields
    out of forms alone; here they are kept from every call of a client: ``create``,
    ``write``, imports, copies, commands on a parent, and defaults, be they of a context
    or of a user. Given are fields that say what a record is about: by hand when it
    is created, and never after.

    Computed fields are stored by Odoo itself. Other code of ours writes in sudo or,
    where the user's own rights have to hold, on ``_clinic_unguarded()`` records.
    """

    _name = "clinic.guarded"
    _description = "Fields That Follow from Facts"

    # Names, each model's own; those of inherited classes count as well.
    _clinic_given = ()

    @api.model
    @ormcache()
    def _clinic_get_given(self):
        """Return the names of what is said at the creation, and stays."""
        return frozenset().union(
            *(vars(cls).get("_clinic_given", ()) for cls in type(self).mro())
        )

    @api.model
    @ormcache()
    def _clinic_get_derived(self):
        """Return the names of the fields that nobody writes by hand."""
        given = self._clinic_get_given()
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.readonly and _is_ours(field) and name not in given
        )

    # === WHO WRITES === #

    def _clinic_unguarded(self):
        """Return these records for code that writes what it has found out itself.

        Nothing that a client has sent may be written through them unchecked.
        """
        # context: the mark that no client can send.
        return self.with_context(**UNGUARDED)

    def _clinic_is_guarded(self):
        """Whether what is written now comes from somebody's hand."""
        return not (self.env.su or heard(self.env, GUARD))

    def _clinic_check_by_hand(self, names):
        """Raise AccessError when somebody gives a field that follows from facts."""
        refused = sorted(self._clinic_get_derived() & set(names))
        if refused and self._clinic_is_guarded():
            raise AccessError(
                self.env._(
                    "%(document)s: nobody writes this by hand: %(names)s.",
                    document=self.env["ir.model"]._get(self._name).name,
                    names=", ".join(refused),
                )
            )

    def _clinic_check_made_by_hand(self, vals_list):
        """Raise AccessError for new records; the context gives values as well."""
        defaults = (
            name.removeprefix("default_")
            for name in self.env.context
            if name.startswith("default_")
        )
        self._clinic_check_by_hand({*defaults}.union(*vals_list))

    # === THE DOORS === #

    def _has_field_access(self, field, operation):
        is_refused = (
            operation == "write"
            and field.name in self._clinic_get_derived()
            and self._clinic_is_guarded()
        )
        return not is_refused and super()._has_field_access(field, operation)

    def _check_field_access(self, field, operation):
        """Refuse derived fields wherever Odoo asks for the right to write a field.

        It does for all values of a ``create``, those of the context as well, and of a
        ``write``, after every override.
        """
        if operation == "write":
            self._clinic_check_by_hand([field.name])
        return super()._check_field_access(field, operation)

    @api.model
    def default_get(self, fields):
        """Take derived fields from their own defaults alone.

        Our code creates records in sudo in the course of a client's request, and with
        the context that the client has sent.
        """
        derived = self._clinic_get_derived().intersection(fields)
        defaults = super().default_get([name for name in fields if name not in derived])
        for name in derived:
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, False)
                defaults[name] = field.convert_to_write(value, self)
        return defaults

    def write(self, vals):
        """Let what a record is about stay."""
        changed = sorted(self._clinic_get_given() & vals.keys())
        if changed and self._clinic_is_guarded():
            raise AccessError(
                self.env._(
                    "%(document)s: what it is about stays as it is: %(names)s.",
                    document=self.env["ir.model"]._get(self._name).name,
                    names=", ".join(changed),
                )
            )
        return super().write(vals)

    # === ONE AT A TIME === #

    def _clinic_lock_or_refuse(self, refusal, *, allow_referencing=True):
        """Keep others from changing these records until the transaction ends.

        What was read before may be out of date: the caller forgets it.

        :param str refusal: for the user, when somebody else is changing them
        :param bool allow_referencing: whether others may refer to them meanwhile
        :raise UserError: somebody else is changing them, or has deleted them
        """
        try:
            self.lock_for_update(allow_referencing=allow_referencing)
        except LockError as error:
            raise UserError(refusal) from error


def is_held_elsewhere(error):
    """Return whether an error says that somebody else is changing a record."""
    kinds = (LockError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
    return isinstance(error, kinds) or isinstance(error.__cause__, kinds)


def _is_ours(field):
    return bool(field._modules) and field._modules[0].startswith("clinic_")
