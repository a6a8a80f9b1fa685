from . import payers, visits, paying, undo, statements
from . import clinic_payment_plan_proposal, payment_link_wizard
