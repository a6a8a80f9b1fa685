from . import cards, main
