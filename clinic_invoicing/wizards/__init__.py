from . import payers, visits, paying, undo, remittances, statements, links, plans
