from . import billing, documents, payment
