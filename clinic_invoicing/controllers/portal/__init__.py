from . import billing, documents
