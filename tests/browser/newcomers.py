"""Clients, employees and rates of one test alone, made without a page."""


def get_reference(admin, xmlid):
    """Return the id of a record that comes with Odoo or an addon."""
    module, name = xmlid.split(".")
    (found,) = admin.calls(
        "ir.model.data",
        "search_read",
        [["module", "=", module], ["name", "=", name]],
        ["res_id"],
    )
    return found["res_id"]


def gives_login(admin, login, group, **values):
    """Make a user whose password is the login; return the id of the contact."""
    user = admin.calls(
        "res.users",
        "create",
        {
            "name": login,
            "login": login,
            "password": login,
            "group_ids": [[6, 0, [get_reference(admin, group)]]],
            **values,
        },
        context={"no_reset_password": True},
    )
    (read,) = admin.calls("res.users", "read", [user], ["partner_id"])
    return read["partner_id"][0]


def registers(admin, name, login, **values):
    """Make a client who may log in; return the id of the contact."""
    email = f"{login}@example.com"
    return gives_login(
        admin, login, "base.group_portal", name=name, email=email, **values
    )


def offers(admin, name, price):
    """Make a billing rate without tax; return its name."""
    admin.calls(
        "product.template",
        "create",
        {
            "name": name,
            "type": "service",
            "list_price": price,
            "taxes_id": [[5, 0, 0]],
            "clinic_is_rate": True,
            "clinic_is_invoiced": True,
        },
    )
    return name


def find(somebody, model, name):
    """Return the id of the record of that name."""
    (found,) = somebody.calls(model, "search", [["name", "=", name]])
    return found
