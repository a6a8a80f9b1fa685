"""Payment links: who may pay by them, and when clients are asked by e-mail.

Takes from paying what can be paid, from payers who is written to.
"""

from . import account_move, clinic_payment_link
