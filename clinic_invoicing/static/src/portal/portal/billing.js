import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/**
 * Open the card dialog when the page was asked for with something to pay.
 *
 * Closing the dialog leaves the page of the payment, so that a reload does not
 * open it again.
 */
export class ClinicPayDialog extends Interaction {
    static selector = "#clinic_pay_dialog";
    dynamicContent = {
        _root: { "t-on-hidden.bs.modal": () => window.location.assign("/my/billing") },
    };

    start() {
        const modal = window.Modal.getOrCreateInstance(this.el, { backdrop: "static" });
        modal.show();
        this.registerCleanup(() => modal.dispose());
    }
}

registry.category("public.interactions").add("clinic_invoicing.pay_dialog", ClinicPayDialog);
