from . import payments, inbox
