from . import programs
