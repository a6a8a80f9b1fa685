"""What the web client is told to do after a button was pressed."""

CLOSE = {"type": "ir.actions.act_window_close"}
RELOAD = {"type": "ir.actions.client", "tag": "soft_reload"}


def notification(kind, message, *, title=None, then=None):
    """Return the action that shows a message in the corner of the screen.

    :param str kind: ``success``, ``info``, ``warning`` or ``danger``
    :param dict then: the action that follows
    """
    params = {"type": kind, "message": message, "title": title, "next": then}
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {name: value for name, value in params.items() if value},
    }
