"""Services: what was done for a patient, what it costs, what hinders its invoice.

Takes from rates who is billed and how it is counted, and from settings the
practice's day. Which visit, who pays and what was invoiced is said by the rooms below,
by hooks and by shares.
"""

from . import (
    account_payment_term,
    account_tax,
    clinic_service,
    clinic_service_batch_chatter,
    clinic_service_facts,
    clinic_service_pricing,
    clinic_service_worklist,
    res_company,
    res_users,
)
