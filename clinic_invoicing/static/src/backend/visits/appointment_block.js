import { AttendeeCalendarCommonRenderer } from "@calendar/views/attendee_calendar/common/attendee_calendar_common_renderer";
import { patch } from "@web/core/utils/patch";

// What the front desk wants to see without opening the appointment.
const MARKED_STATES = ["invoiced", "paid"];

patch(AttendeeCalendarCommonRenderer.prototype, {
    eventClassNames({ event }) {
        const classNames = super.eventClassNames(...arguments);
        const state = this.props.model.records[event.id]?.rawRecord.clinic_billing_state;
        if (MARKED_STATES.includes(state)) {
            classNames.push(`o_clinic_${state}`);
        }
        return classNames;
    },
});
