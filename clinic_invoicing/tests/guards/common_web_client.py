from lxml import etree

from odoo.tools.safe_eval import safe_eval

X2MANY = ("one2many", "many2many")


class WebClientMixin:
    """Fill in dialogs as the web client does, which ``odoo.tests.Form`` does not.

    The client asks for the default values, and sends back what the view lets it send:
    of a field that is read-only in the view or in the model only with ``force_save``.
    """

    def _press_in_dialog(self, action, button, user, **changes):
        """Open an action's dialog, type the changes and press the button.

        :return: ``(the dialog's record, what the button returned)``
        """
        dialog = self._save_dialog(action, user, **changes)
        return dialog, getattr(dialog, button)()

    def _save_dialog(self, action, user, **changes):
        """Return the record that the client saves before it calls a button's method."""
        model = self.env[action["res_model"]].with_user(user)
        model = model.with_context(**action["context"])
        form = etree.fromstring(
            model.get_views([(False, "form")])["views"]["form"]["arch"]
        )
        spec = self._get_specification(form)
        shown = model.onchange({}, [], spec)["value"]
        payload = self._get_payload(model, form, {**shown, **changes})
        return model.browse(model.web_save(payload, spec)[0]["id"])

    def _get_specification(self, arch):
        """Return what the client asks for, by the fields of the view."""
        return {
            node.get("name"): {"fields": self._get_specification(node)}
            if len(node)
            else {}
            for node in get_field_nodes(arch)
        }

    def _get_payload(self, model, arch, values):
        """Return of these values those that the client sends back."""
        return {
            name: self._format(model, node, values[name])
            for node in get_field_nodes(arch)
            if (name := node.get("name")) in values
            and is_sent(model._fields[name], node, values)
        }

    def _format(self, model, node, value):
        """Return a value as the client writes it."""
        field = model._fields[node.get("name")]
        if field.type == "many2one" and isinstance(value, dict):
            return value["id"]
        if field.type in X2MANY and len(node):
            lines = self.env[field.comodel_name]
            return [
                [code, line, self._get_payload(lines, node, data)]
                if code in (0, 1)
                else [code, line, data]
                for code, line, data in value
                if code != 5
            ]
        if field.type in X2MANY:
            return [command[:3] for command in value]
        return value


def get_field_nodes(arch):
    """Return the fields of a view, without those of the views inside it."""
    return arch.xpath(
        "descendant::field[count(ancestor::field) = $depth]",
        depth=arch.xpath("count(ancestor-or-self::field)"),
    )


def is_sent(field, node, values=None):
    """Tell whether the client sends a field that has changed.

    :param dict values: of the record; without them, what depends on them may be sent
    """
    if node.get("force_save") in ("1", "True"):
        return True
    readonly = node.get("readonly")
    if readonly is None:
        return not field.readonly
    if readonly in ("0", "1", "False", "True"):
        return readonly in ("0", "False")
    return values is None or not safe_eval(readonly, dict(values))
