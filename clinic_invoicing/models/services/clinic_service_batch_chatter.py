from odoo import models


class ClinicService(models.Model):
    """What the histories of services say of their changes, however many there are."""

    _inherit = "clinic.service"

    def _message_track(self, fields_iter, initial_values_dict):
        """Log what has changed of many services at once: Core logs one by one."""
        if len(self) == 1 or not fields_iter:
            return super()._message_track(fields_iter, initial_values_dict)
        shown = ("string", "type", "selection", "currency_field")
        tracked = self.fields_get(fields_iter, attributes=shown)
        tracking = {
            service.id: service._mail_track(tracked, initial_values_dict[service.id])
            for service in self.exists()
        }
        self.browse(
            service_id for service_id, (changes, _new) in tracking.items() if changes
        )._log_tracking({key: new for key, (_changes, new) in tracking.items()})
        return tracking

    def _log_tracking(self, commands):
        """Log what has changed of each of these.

        :param dict commands: by the id of a service, those of Core that make its
            ``mail.tracking.value`` records
        """
        messages = self._message_log_batch(bodies={})
        # sudo: as Core, which lets nobody write what was tracked.
        self.env["mail.tracking.value"].sudo().create(
            [
                {**values, "mail_message_id": message.id}
                for message in messages
                for _command, _id, values in commands[message.res_id]
            ]
        )
