from . import (
    account_move,
    account_move_line,
    calendar_event,
    clinic_billing_run,
    clinic_billing_run_error,
    clinic_service,
    clinic_service_invoicing,
    clinic_service_share,
    payment_transaction,
    product_template,
    res_partner,
    res_users,
)
