import { AttendeeCalendarCommonPopover } from "@calendar/views/attendee_calendar/common/attendee_calendar_common_popover";
import { patch } from "@web/core/utils/patch";

// Services in these states can still come on an invoice of the visit.
const INVOICEABLE_STATES = ["planned", "to_invoice"];

patch(AttendeeCalendarCommonPopover.prototype, {
    get clinicAppointment() {
        // Other calendars show records of other models in this popover.
        if ("resModel" in this.props.record) {
            return {};
        }
        return this.props.record.rawRecord;
    },

    get canClinicInvoice() {
        return INVOICEABLE_STATES.includes(this.clinicAppointment.clinic_billing_state);
    },

    get canClinicComplete() {
        return this.canClinicInvoice && this.clinicAppointment.clinic_status === "planned";
    },

    get canClinicTakeDeposit() {
        return this.canClinicComplete;
    },

    get canClinicClose() {
        const { clinic_is_visit, clinic_status } = this.clinicAppointment;
        return clinic_is_visit && clinic_status === "planned";
    },

    /**
     * The practitioner's appointment is cancelled, not declined in their name.
     *
     * @override
     */
    get isEventDeletable() {
        const isOthersAppointment =
            this.clinicAppointment.clinic_is_visit && !this.isCurrentUserOrganizer;
        return super.isEventDeletable && !isOthersAppointment;
    },

    /**
     * Private appointments of others are billed like all others.
     *
     * @override
     */
    get hasFooter() {
        return super.hasFooter || this.canClinicInvoice || this.canClinicClose;
    },

    async onClinicAction(method) {
        const { model, record } = this.props;
        const action = await this.orm.call("calendar.event", method, [[record.id]]);
        this.props.close();
        if (action) {
            // A dialog changes the appointment when it is confirmed, not when it opens.
            await this.actionService.doAction(action, { onClose: () => model.load() });
        }
        if (action?.type === "ir.actions.act_url") {
            // The calendar is being left.
            return;
        }
        await model.load();
    },
});
