from . import cards, disclosures
