"""What the commands of an x2many field, as web clients write them, say."""

from odoo.fields import Command


def linked_ids(commands):
    """Return the ids that these commands leave linked."""
    ids = []
    for command in commands:
        match command:
            case (Command.SET, _, new_ids):
                ids = list(new_ids)
            case (Command.LINK, record_id, *_):
                ids.append(record_id)
    return ids
