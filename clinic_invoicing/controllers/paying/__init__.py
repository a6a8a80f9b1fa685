from . import panel, transaction, form
