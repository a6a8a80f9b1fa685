import { PaymentButton } from "@payment/interactions/payment_button";
import { PaymentForm } from "@payment/interactions/payment_form";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import { Interaction } from "@web/public/interaction";

// On the root of the page, from the first keystroke until the server has answered.
const OUTDATED = "clinicOutdated";

/**
 * Whether something else is entered than the page has shown.
 */
export function isOutdated() {
    return OUTDATED in document.documentElement.dataset;
}

/**
 * Let no button pay while something else is entered than the page has shown.
 *
 * The form of what is paid asks the server for a new page, which shows it.
 */
export class ClinicShownAmount extends Interaction {
    static selector = ".o_clinic_preview";
    dynamicContent = {
        _root: { "t-on-input": this.outdate, "t-on-change": this.outdate },
        "input[type=number]": { "t-on-change": (ev) => this.preview(ev) },
    };

    start() {
        const inputs = [...this.el.querySelectorAll("input:not([type=hidden])")];
        // Browsers fill in again what was entered before a reload.
        const isOther = (input) =>
            input.value !== input.defaultValue || input.checked !== input.defaultChecked;
        if (inputs.some(isOther)) {
            this.outdate();
        } else {
            this.setPaying(true);
        }
    }

    outdate() {
        document.documentElement.dataset[OUTDATED] = "1";
        this.setPaying(false);
        for (const notice of document.querySelectorAll(".o_clinic_outdated")) {
            notice.classList.remove("d-none");
        }
    }

    /** Ask for the new page as soon as the field is left. */
    preview(ev) {
        const form = ev.currentTarget.form;
        if (form.checkValidity()) {
            form.requestSubmit();
        }
    }

    setPaying(isPaying) {
        const buttons = "form[method=post] button, [name=o_payment_submit_button]";
        const page = this.el.closest(".o_clinic_panel, .o_clinic_desk");
        for (const button of page.querySelectorAll(buttons)) {
            // The payment form enables its own when it is ready.
            if (!isPaying || button.name !== "o_payment_submit_button") {
                button.disabled = !isPaying;
            }
        }
    }
}

registry.category("public.interactions").add("clinic_invoicing.shown_amount", ClinicShownAmount);

patch(PaymentButton.prototype, {
    _canSubmit() {
        return super._canSubmit() && !isOutdated();
    },
});

patch(PaymentForm.prototype, {
    async submitForm(ev) {
        if (isOutdated()) {
            ev.preventDefault();
            ev.stopPropagation();
            return;
        }
        await super.submitForm(ev);
    },

    _prepareTransactionRouteParams() {
        const params = super._prepareTransactionRouteParams();
        const page = this.el.closest(".o_clinic_payment_form");
        return page ? { ...params, shown: page.dataset.shown } : params;
    },
});
