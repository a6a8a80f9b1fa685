from . import billing, payment
