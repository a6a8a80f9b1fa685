from . import (
    account_payment_register,
    account_payment_register_accepting,
    account_payment_register_charge,
    account_payment_register_guards,
)
