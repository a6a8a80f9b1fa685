from . import clinic_payment_plan_proposal
