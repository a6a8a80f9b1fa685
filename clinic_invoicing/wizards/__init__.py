from . import payers, visits, paying, undo
from . import (
    clinic_aging_date,
    clinic_payment_plan_proposal,
    clinic_statement,
    payment_link_wizard,
)
