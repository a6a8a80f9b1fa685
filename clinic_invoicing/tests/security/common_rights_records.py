import base64

from odoo.fields import Command

from .common_rights import RightsCommon


class InvoicingRightsCommon(RightsCommon):
    """One record of each model that the table of this addon tells of."""

    @classmethod
    def _add_records(cls):
        cls.service = cls._create_service()
        cls.bill = cls._invoice(cls._create_service())
        cls.payment = cls._pay(cls.bill, 40)
        cls.event = cls._create_event()
        cls._add_services()
        cls._add_programs()
        cls._add_entries()
        cls._add_agreements()
        cls._add_masters()
        cls._add_lists()
        cls._add_dialogs_of_billing()
        cls._add_dialogs_of_services()

    @classmethod
    def _add_services(cls):
        given = {"rate_id": cls.rate.id, "patient_id": cls.client.id}
        cls._add(cls.service, **given)
        cls._add(cls.service.share_ids, service_id=cls.service.id, takes_rest=True)
        run = cls.bill.clinic_billing_run_id
        cls._add(run)
        cls._add(run.item_ids)
        cls._add(run.item_ids.chunk_id)
        share = cls._create_service(cls.insurer_rate).share_ids
        settled = {"share_id": share.id, "amount": 10, "reference": "R 1"}
        cls._add(cls.env["clinic.share.settlement"].create(settled), **settled)
        cls._add_remittances()

    @classmethod
    def _add_remittances(cls):
        said = {"insurer_id": cls.insurer.id}
        remittance = cls.env["clinic.remittance"].create(said)
        cls._add(remittance, **said)
        owed = cls._create_service(cls.insurer_rate).share_ids
        named = {"remittance_id": remittance.id, "share_id": owed.id}
        line = cls.env["clinic.remittance.line"].create(named)
        cls._add(line, **named)
        moved = {"line_id": line.id, "share_id": owed.id, "amount": 10}
        # sudo: our own code keeps it.
        cls._add(cls.env["clinic.remittance.handover"].sudo().create(moved))

    @classmethod
    def _add_programs(cls):
        planned = {
            "name": "Back school",
            "rate_id": cls.rate.id,
            "date_begin": "2099-03-12 14:00:00",
            "date_end": "2099-03-12 16:00:00",
        }
        program = cls.env["clinic.program"].create(planned)
        program.action_start_registration()
        cls._add(program, **planned)
        given = {"program_id": program.id, "patient_id": cls.client.id}
        registration = cls.env["clinic.program.registration"].create(given)
        cls._add(registration, **{**given, "patient_id": cls.other_client.id})

    @classmethod
    def _add_entries(cls):
        cls._add(cls.bill, move_type="out_invoice")
        draft = cls.bill.copy()
        cls._add(cls.bill.invoice_line_ids, move_id=draft.id, name="Other")
        cls._add(
            cls.payment,
            payment_type="inbound",
            partner_type="customer",
            partner_id=cls.client.id,
            amount=1,
        )
        cls._add(
            cls.event,
            name="Appointment",
            start="2024-03-12 16:00:00",
            stop="2024-03-12 17:00:00",
        )
        paid = {
            "provider_id": cls._get_provider().id,
            "payment_method_id": cls.env.ref("payment.payment_method_card").id,
            "amount": 1,
            "currency_id": cls.practice.currency_id.id,
            "partner_id": cls.client.id,
        }
        transactions = cls.env["payment.transaction"]
        tx = transactions.create({**paid, "reference": "rights-1"})
        cls._add(tx, **paid, reference="rights-2")
        names = ("provider_id", "payment_method_id", "partner_id")
        card = {**{name: paid[name] for name in names}, "provider_ref": "rights"}
        cls._add(cls.env["payment.token"].create(card), **card)
        former = {"payment_id": cls.payment.id, "invoice_id": cls.bill.id}
        # sudo: our own code keeps it.
        cls._add(cls.env["clinic.former.allocation"].sudo().create(former))
        share = cls.bill.invoice_line_ids.clinic_share_id
        named = [(cls.payment, cls.bill, share, 40)]
        cls._add(cls.env["clinic.share.allocation"]._remember(named))

    @classmethod
    def _get_provider(cls):
        """Return one of the practice: a card is its company's."""
        own = [("company_id", "=", cls.practice.id)]
        return cls.env["payment.provider"].search(own, limit=1)

    @classmethod
    def _add_agreements(cls):
        payer = {
            "partner_id": cls.client.id,
            "company_id": cls.practice.id,
            "currency_id": cls.practice.currency_id.id,
        }
        agreed = {
            "cap": 100,
            "agreed_on": "2024-03-12",
            "agreed_by_id": cls.client_user.id,
            "wording_version": "1",
            "wording": "I agree.",
        }
        due = {"origin": "autopay", "amount": 1, "date": "2024-03-12"}
        # sudo: as the clients' pages and the jobs.
        env = cls.env(su=True)
        reminded = {"email": "clara@example.com", "date": "2024-05-12"}
        line = {"move_id": cls.bill.id, "amount": 60, "date_due": "2024-04-01"}
        cls._add(env["clinic.autopay"].create({**payer, **agreed}))
        cls._add(env["clinic.payment.plan"].create(payer))
        cls._add(env["clinic.scheduled.charge"].create({**payer, **due}))
        reminder = env["clinic.reminder"].create(
            {**payer, **reminded, "line_ids": [Command.create(line)]}
        )
        cls._add(reminder)
        cls._add(reminder.line_ids)
        cls._add(cls.bill._clinic_get_payment_link())

    @classmethod
    def _add_masters(cls):
        cls._add(cls.client, name="Nora New")
        cls._add(cls.practice, name="Lake Clinic")
        cls._add(cls.rate.product_tmpl_id, name="Other")

    @classmethod
    def _add_lists(cls):
        cls.env.flush_all()
        for name in ("clinic.aging", "clinic.open.item"):
            domain = [("company_id", "=", cls.practice.id)]
            cls._add(cls.env[name].search(domain, limit=1))

    @classmethod
    def _add_dialogs_of_billing(cls):
        bills = {"active_model": "account.move", "active_ids": cls.bill.ids}
        to_void = [Command.set(cls.bill.ids)]
        cls._add_dialog("account.payment.register", bills)
        cls._add_dialog(
            "account.move.reversal", bills, journal_id=cls.bill.journal_id.id
        )
        cls._add_dialog("clinic.payment.plan.proposal", bills)
        cls._add_dialog("clinic.invoice.void", invoice_ids=to_void, reason="Mine")
        cls._add_dialog(
            "clinic.payment.reversal", payment_id=cls.payment.id, reason="Mine"
        )
        cls._add_dialog("clinic.aging.date")
        cls._add_dialog("clinic.statement", partner_ids=[Command.set(cls.client.ids)])
        cls._add_dialog("res.config.settings")

    @classmethod
    def _add_dialogs_of_services(cls):
        services = [Command.set(cls.service.ids)]
        flipped = {"service_ids": services, "reason": "Mine"}
        flip = cls.env["clinic.service.flip"].create(dict(flipped))
        cls._add_dialog("clinic.service.flip", **flipped)
        cls._add_dialog(
            "clinic.service.flip.line", flip_id=flip.id, service_id=cls.service.id
        )
        cls._add_dialog("clinic.service.split", service_ids=services)
        remittance = cls.env["clinic.remittance"].create({"insurer_id": cls.insurer.id})
        about = {"remittance_id": remittance.id}
        table = base64.b64encode(b"Invoice,Paid\nINV/1,10\n")
        ticks = cls.env["clinic.remittance.services"].create(dict(about))
        cls._add_dialog("clinic.remittance.import", file=table, **about)
        cls._add_dialog("clinic.remittance.services", **about)
        cls._add_dialog(
            "clinic.remittance.services.line",
            dialog_id=ticks.id,
            share_id=cls.service.share_ids.id,
        )
        cls._add_dialog("clinic.share.move", share_id=cls.service.share_ids.id)
        cls._add_dialog("clinic.visit.closing", event_id=cls.event.id)
        cls._add_dialog(
            "clinic.session.patients",
            event_id=cls.event.id,
            patient_ids=[Command.set(cls.other_client.ids)],
            rate_id=cls.rate.id,
        )
