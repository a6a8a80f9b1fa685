"""Fields that objects of many kinds have, and how a request changes them."""


def merged_metadata(current, given):
    """Apply an update of metadata: empty values unset a key, an empty hash unsets all.

    https://docs.stripe.com/api/metadata
    """
    if given == "":
        return {}
    merged = {**current, **(given or {})}
    return {name: value for name, value in merged.items() if value != ""}


def unset_empty(value):
    """Return None for the empty text with which clients unset a field."""
    return None if value == "" else value


def change(obj, **values):
    """Set fields and return the old values of those that changed."""
    previous = {
        name: obj.get(name) for name, value in values.items() if obj.get(name) != value
    }
    obj.update(values)
    return previous


def address(given):
    """Return a complete address hash, or None when nothing was given."""
    if not given:
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.get(name) for name in names}


def shipping(given):
    """Return a complete shipping hash, or None when nothing was given."""
    if not given:
        return None
    return {
        "address": address(given.get("address")),
        "carrier": given.get("carrier"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tracking_number": given.get("tracking_number"),
    }
