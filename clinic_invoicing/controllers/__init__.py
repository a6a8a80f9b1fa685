from . import billing, documents, links, paying, payment, programs
