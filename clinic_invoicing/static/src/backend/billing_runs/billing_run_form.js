import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { onMounted, onWillUnmount } from "@odoo/owl";

const SECONDS = 3;

/** Shows how far a billing run is, as long as it is running. */
export class BillingRunFormController extends FormController {
    setup() {
        super.setup();
        onMounted(() => {
            this.timer = setInterval(() => this.refresh(), SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    async refresh() {
        const record = this.model.root;
        if (record.data.state === "running" && !(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("views").add("clinic_billing_run_form", {
    ...formView,
    Controller: BillingRunFormController,
});
