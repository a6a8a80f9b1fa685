"""What our own code says in the context, and no client can.

The context of a call is the client's. What comes over the network is plain: it has no
type of ours.
"""


class ServerSide(str):
    """A value of the context that our own code has put there.

    A string, because contexts are written into the actions that clients are given; what
    comes back from there is one, and nothing more.
    """

    def __new__(cls, value):
        # Odoo tells contexts apart by their values.
        mark = super().__new__(cls, repr(value))
        mark.value = value
        return mark


def tell(**flags):
    """Return these flags for ``with_context()``."""
    return {name: ServerSide(value) for name, value in flags.items()}


def heard(env, flag):
    """Return what our own code has told under this name, ``None`` if it has not."""
    mark = env.context.get(flag)
    return mark.value if isinstance(mark, ServerSide) else None
