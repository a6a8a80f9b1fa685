from . import billing, documents, paying, payment, programs
