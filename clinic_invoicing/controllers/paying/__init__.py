from . import panel, transaction, form, wallet
