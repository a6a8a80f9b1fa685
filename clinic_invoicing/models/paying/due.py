from dataclasses import dataclass
from datetime import date

from odoo import models


@dataclass(frozen=True)
class Due:
    """What a payer is about to pay, as it comes to the door. All records are in sudo.

    :ivar res.partner payer: who owes it, and whose cards may be charged
    :ivar res.company company: the practice that receives it
    :ivar res.currency currency: of all amounts
    :ivar account.move invoices: what is paid; none for a deposit
    :ivar calendar.event event: the visit that a deposit is for
    :ivar bool is_client: whether a client asks, and not staff: for clients there is a
        least part, and a pace that people can keep
    :ivar bool is_charge: whether the practice charges a card of the payer, who does
        nothing: then it may be all that is owed, with no discount taken off
    :ivar datetime.date day: whose discounts for early payment count; today's if there
        is none
    """

    payer: models.BaseModel
    company: models.BaseModel
    currency: models.BaseModel
    invoices: models.BaseModel
    event: models.BaseModel
    is_client: bool = False
    is_charge: bool = False
    day: date | None = None

    @property
    def purpose(self):
        """Return what the money is for: the visit of a deposit, else invoices."""
        return self.event or self.invoices
