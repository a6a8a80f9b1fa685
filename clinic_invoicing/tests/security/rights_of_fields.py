"""Which fields of ours who writes by hand, and why.

What is derived is written by nobody: not in a form, not in an import, not by a default.
"""

from .rights_words import ADMINISTRATORS, BILLERS, DESK, MANAGERS, Fields, may

ASKED = "What is chosen in a dialog; what is done with it asks for the rights again."
RECORDED = "What was rendered is recorded at the desk, until it is billed."
SAID = "Billers enter what insurers say, until it is posted."
PRACTICE = "Settings are the administrator's."
PERSON = "The desk keeps who clients are, who pays for them and who insures them."

FIELDS = {
    "account.move": Fields(
        derived=(
            "clinic_allocation_ids clinic_ask_on clinic_asked_on "
            "clinic_billing_run_id "
            "clinic_charge_ids clinic_deposit_transaction_ids "
            "clinic_has_gateway clinic_has_services clinic_is_being_paid "
            "clinic_is_clearing "
            "clinic_may_void clinic_payment_attempts clinic_plan_ids "
            "clinic_reminded_on clinic_reminder_line_ids clinic_stays_booked"
        ),
        ordinary={
            "clinic_no_reminders": may(BILLERS, "Who collects pauses reminders."),
        },
    ),
    "account.move.line": Fields(
        derived="clinic_amount clinic_held_as clinic_service_id clinic_share_id",
    ),
    "account.payment": Fields(
        derived=(
            "clinic_amount_returnable clinic_amount_unallocated "
            "clinic_deposit_event_id clinic_desk_first_id clinic_desk_key "
            "clinic_desk_other_ids clinic_letter_state clinic_may_undo "
            "clinic_reopened_invoice_ids clinic_reversal_ids "
            "clinic_reversed_payment_id clinic_stays_booked clinic_undo_attempts"
        ),
        judged={
            "clinic_payer_id": may(
                BILLERS, "Who has paid: the client, or the company Core names for it."
            ),
        },
    ),
    "account.payment.register": Fields(
        derived="clinic_clearing_names clinic_held_note",
        ordinary={"clinic_share_ids": may(BILLERS, ASKED)},
    ),
    "calendar.event": Fields(
        derived=(
            "clinic_billing_state clinic_deposit_ids clinic_deposit_label "
            "clinic_deposit_transaction_ids clinic_group_label "
            "clinic_invoice_names clinic_is_visit clinic_patient_count"
        ),
        ordinary={
            "clinic_patient_id clinic_service_ids": may(DESK, "Booking a visit."),
            "clinic_status": may(DESK, "The desk says what became of the visit."),
        },
    ),
    "clinic.aging": Fields(
        derived=(
            "amount_30 amount_60 amount_90 amount_credit amount_current "
            "amount_over_90 amount_overdue amount_owed balance "
            "company_balance company_currency_id company_id currency_id "
            "partner_id payer_type"
        ),
    ),
    "clinic.aging.date": Fields(
        ordinary={
            "date": may(BILLERS, ASKED),
        },
    ),
    "clinic.autopay": Fields(
        derived=(
            "active agreed_by_id agreed_ip agreed_on cap card_name charge_ids "
            "company_id currency_id end_reason ended_on notice_days "
            "partner_id pause_reason planned_at token_id wording wording_version"
        ),
    ),
    "clinic.billing.run": Fields(
        derived=(
            "currency_id error_ids invoice_count invoice_ids item_ids name "
            "preview_invoice_count preview_payer_count preview_skipped "
            "preview_total progress ready_count service_count started_by_id "
            "state"
        ),
        given={
            "company_id": may(BILLERS, "Whose services they are."),
        },
        ordinary={
            "grouping invoice_date send_by_email service_ids": may(
                BILLERS, "What is chosen before the start."
            ),
        },
    ),
    "clinic.billing.run.chunk": Fields(
        derived="item_ids run_id state",
    ),
    "clinic.billing.run.item": Fields(
        derived="chunk_id payer_id reason run_id service_id state",
    ),
    "clinic.former.allocation": Fields(
        derived=(
            "amount amount_money amount_written_off currency_id invoice_id line_id "
            "outbound_id payment_id"
        ),
    ),
    "clinic.invoice.void": Fields(
        ordinary={
            "effect has_payments has_services invoice_ids money reason services": may(
                MANAGERS, ASKED
            ),
        },
    ),
    "clinic.open.item": Fields(
        derived=(
            "amount amount_open billed_partner_id bucket company_amount_open "
            "company_currency_id company_id currency_id date date_due "
            "days_overdue move_id partner_id"
        ),
    ),
    "clinic.payment.link": Fields(
        derived=(
            "amount_due company_id currency_id expires_on invoice_ids "
            "is_revoked opened_on partner_id qr_code state token url"
        ),
    ),
    "clinic.payment.plan": Fields(
        derived=(
            "agreed_by_id agreed_ip agreed_on amount_open amount_total "
            "charge_ids company_id currency_id end_reason invoice_ids "
            "partner_id pause_reason state token_id wording wording_version"
        ),
    ),
    "clinic.payment.plan.proposal": Fields(
        ordinary={
            (
                "amount_total currency_id first_date interval invoice_ids "
                "number preview"
            ): may(BILLERS, ASKED),
        },
    ),
    "clinic.payment.reversal": Fields(
        ordinary={
            (
                "amount amount_returnable candidate_ids company_id "
                "currency_id effect mode partner_id payment_id reason"
            ): may(MANAGERS, ASKED),
        },
    ),
    "clinic.program": Fields(
        derived=(
            "currency_id invoice_count is_full places_left places_taken price "
            "refund_until registration_attempts registration_until state"
        ),
        ordinary={
            (
                "company_id date_begin date_end description is_published "
                "location name places rate_id refund_days "
                "registration_deadline registration_ids reservation_minutes "
                "sessions user_id"
            ): may(BILLERS, "They plan what is offered."),
        },
    ),
    "clinic.program.registration": Fields(
        derived=(
            "company_id invoice_id is_cancelled problem refund_until "
            "registered_by_id reserved_until service_id state"
        ),
        given={
            "patient_id program_id": may(DESK, "Who takes part in what."),
        },
    ),
    "clinic.reminder": Fields(
        derived="amount company_id currency_id date email line_ids partner_id",
    ),
    "clinic.reminder.line": Fields(
        derived=(
            "amount company_id currency_id date date_due is_scheduled move_id "
            "reminder_id step"
        ),
    ),
    "clinic.remittance": Fields(
        derived=(
            "amount_left amount_lines credit_note_ids invoice_ids payment_id "
            "posting_number problem_count state"
        ),
        ordinary={
            (
                "amount company_id currency_id date insurer_id invoice_clients "
                "journal_id line_ids reference rest"
            ): may(BILLERS, SAID),
        },
    ),
    "clinic.remittance.handover": Fields(
        derived="amount currency_id line_id share_id",
    ),
    "clinic.remittance.import": Fields(
        ordinary={"file file_name remittance_id": may(BILLERS, ASKED)},
    ),
    "clinic.remittance.line": Fields(
        derived=(
            "amount_open amount_rest billed company_id currency_id found_count "
            "handover_ids insurer_id posted_billed posted_moves posted_open problem "
            "reason state"
        ),
        ordinary={
            (
                "allowed contractual leave_out named_date named_number named_patient "
                "other_adjustment paid patient_part reason_codes remittance_id rest "
                "secondary_id sequence share_id"
            ): may(BILLERS, SAID),
        },
    ),
    "clinic.remittance.services": Fields(
        ordinary={"are_all_chosen line_ids remittance_id": may(BILLERS, ASKED)},
    ),
    "clinic.remittance.services.line": Fields(
        ordinary={
            "amount_due currency_id date dialog_id is_chosen patient_id share_id": may(
                BILLERS, ASKED
            ),
        },
    ),
    "clinic.scheduled.charge": Fields(
        derived=(
            "amount attempts autopay_id company_id currency_id date "
            "discount_day due_from due_until first_attempt_on invoice_ids "
            "is_called_off next_date notice_mail_id noticed_on origin partner_id "
            "plan_id reason state token_id transaction_id transaction_ids"
        ),
    ),
    "clinic.service": Fields(
        derived=(
            "amount_due amount_priced amount_total appointment_status "
            "approved_by_id approved_on billing_obstacle by_hand by_hand_label "
            "currency_id deposit_attempts insurer_id invoice_date invoice_ids "
            "is_billed is_cancelled is_fee needs_approval quantity_mode rate_price "
            "repeats state waiver_reason"
        ),
        ordinary={
            (
                "attendance bill_to_id billing company_id date discount "
                "duration event_id name patient_id practitioner_id price_unit "
                "quantity rate_id share_ids tax_ids"
            ): may(DESK, RECORDED),
        },
    ),
    "clinic.service.flip": Fields(
        ordinary={
            "has_invoiced invoice_date invoice_now line_ids reason service_ids": may(
                BILLERS, ASKED
            ),
        },
    ),
    "clinic.service.flip.line": Fields(
        ordinary={
            (
                "amount credited currency_id flip_id former_amount "
                "former_rate_id obstacle rate_id service_id"
            ): may(BILLERS, ASKED),
        },
    ),
    "clinic.service.share": Fields(
        derived=(
            "amount amount_correction amount_due amount_invoiced amount_paid "
            "by_hand by_hand_label by_rate company_id currency_id invoice_date "
            "invoice_line_ids settled_amount "
            "settled_date settled_reference settlement_ids state"
        ),
        given={
            "service_id takes_rest": may(DESK, "Each service comes with its share."),
        },
        judged={
            "cover_type fixed_amount partner_id payer_type percent": may(
                DESK, "At the desk what follows from the service, else by billers."
            ),
        },
    ),
    "clinic.service.split": Fields(
        ordinary={
            (
                "company_id cover cover_type currency_id effect insurer_id "
                "second_cover second_cover_type second_insurer_id service_ids "
                "write_off write_off_type"
            ): may(BILLERS, ASKED),
        },
    ),
    "clinic.session.patients": Fields(
        ordinary={
            "event_id is_series patient_ids rate_id with_following": may(DESK, ASKED),
        },
    ),
    "clinic.share.move": Fields(
        ordinary={
            (
                "amount amount_due currency_id effect partner_id payer_type "
                "reason service_id share_id"
            ): may(BILLERS, ASKED),
        },
    ),
    "clinic.share.allocation": Fields(
        derived=(
            "amount company_id currency_id invoice_id payment_id remittance_line_id "
            "share_id"
        ),
    ),
    "clinic.share.settlement": Fields(
        derived="company_id currency_id partner_id remittance_line_id",
        given={
            "amount date reference share_id": may(
                BILLERS, "They enter what insurers have paid."
            ),
        },
    ),
    "clinic.statement": Fields(
        ordinary={
            "company_id date_from date_to partner_id partner_ids period": may(
                BILLERS, ASKED
            ),
        },
    ),
    "clinic.visit.closing": Fields(
        ordinary={
            (
                "effect event_id expected_ids has_fee is_group is_late "
                "patient_ids status waive waiver_reason"
            ): may(DESK, ASKED),
        },
    ),
    "payment.token": Fields(derived="clinic_aside_state clinic_is_barred"),
    "payment.transaction": Fields(
        derived=(
            "clinic_allocation clinic_charge_id clinic_deposit_event_id "
            "clinic_desk_key clinic_discount_day"
        ),
    ),
    "product.template": Fields(
        ordinary={
            (
                "clinic_billed_description clinic_counterpart_rate_id "
                "clinic_cover clinic_cover_type clinic_deposit "
                "clinic_is_invoiced clinic_is_rate clinic_late_cancel_rate_id "
                "clinic_minutes_per_unit clinic_minutes_rounding "
                "clinic_needs_approval clinic_needs_billing "
                "clinic_no_show_rate_id clinic_quantity_mode"
            ): may(f"{MANAGERS} {ADMINISTRATORS}", "Who keeps products keeps rates."),
        },
    ),
    "res.company": Fields(
        ordinary={
            (
                "clinic_accepted_brand_ids clinic_autopay "
                "clinic_autopay_notice_days clinic_cancel_notice_hours "
                "clinic_charge_retry_days clinic_desk_card_entry "
                "clinic_email_pay_requests clinic_email_receipts "
                "clinic_gateway_id clinic_insurer_settlement "
                "clinic_late_cancel_rate_id clinic_link_days "
                "clinic_majority_age clinic_minimum_part "
                "clinic_no_show_rate_id clinic_reminder_days clinic_reminders "
                "clinic_use_held_money clinic_zone"
            ): may(ADMINISTRATORS, PRACTICE),
        },
    ),
    "res.config.settings": Fields(
        ordinary={
            (
                "clinic_accepted_brand_ids clinic_autopay "
                "clinic_autopay_notice_days clinic_cancel_notice_hours "
                "clinic_charge_retry_days clinic_desk_card_entry "
                "clinic_email_pay_requests clinic_email_receipts "
                "clinic_gateway_id clinic_insurer_settlement "
                "clinic_late_cancel_rate_id clinic_link_days "
                "clinic_majority_age clinic_minimum_part "
                "clinic_no_show_rate_id clinic_reminder_days clinic_reminders "
                "clinic_use_held_money clinic_zone"
            ): may(ADMINISTRATORS, PRACTICE),
        },
    ),
    "res.partner": Fields(
        derived="clinic_owed clinic_service_ids",
        ordinary={
            (
                "clinic_birthdate clinic_guarantor_always clinic_guarantor_id "
                "clinic_insurer_id clinic_is_patient clinic_licence_number "
                "clinic_member_number clinic_second_insurer_id"
            ): may(DESK, PERSON),
            "clinic_no_reminders": may(BILLERS, "Who collects pauses reminders."),
            "clinic_acting_ids": may(
                BILLERS, "Who collects says who sees and pays a payer's invoices."
            ),
        },
    ),
}
