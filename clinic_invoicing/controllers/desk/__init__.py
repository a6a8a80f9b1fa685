from . import desk, status
