from . import payments, inbox, cards
