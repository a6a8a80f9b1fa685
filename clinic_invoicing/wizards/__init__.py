from . import payers, visits, paying, undo, statements, links
from . import clinic_payment_plan_proposal
