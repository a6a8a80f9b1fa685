from . import billing, documents, payment, programs
