import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { isOutdated } from "@clinic_invoicing/portal/paying/shown_amount";

const POLL_MS = 4000;
// The calendar tells it: see the service of the same key in the back office.
const NOTICE_KEY = "clinic_invoicing.desk_notice";

function leaveWith(notice, url) {
    window.sessionStorage.setItem(NOTICE_KEY, notice);
    window.location.replace(url);
}

/**
 * Notice by itself when the client pays meanwhile, by link or in the portal.
 */
export class ClinicDeskPay extends Interaction {
    static selector = ".o_clinic_desk_pay";
    dynamicContent = {
        "form[method=post]": { "t-on-submit": () => (this.isLeaving = true) },
    };

    start() {
        const timer = setInterval(() => this.look(), POLL_MS);
        this.registerCleanup(() => clearInterval(timer));
    }

    async look() {
        if (document.hidden || this.isLeaving) {
            return;
        }
        const { url, owed, clearing, invoiceIds, calendar } = this.el.dataset;
        const news = await this.waitFor(
            rpc(url, { owed, clearing, invoice_ids: invoiceIds }, { silent: true })
        ).catch(() => ({}));
        if (this.isLeaving) {
            // To the outcome: a reload would keep the employee from it.
            return;
        }
        if (news.notice && news.is_settled) {
            leaveWith(news.notice, calendar);
        } else if (news.changed) {
            window.location.reload();
        }
    }
}

/**
 * Show the allocation anew when something else is chosen, and press nothing twice.
 */
export class ClinicDeskForms extends Interaction {
    static selector = ".o_clinic_desk";
    dynamicContent = {
        ".o_clinic_desk_choice input[type=checkbox]": { "t-on-change": this.onTick },
        "form[method=post]": { "t-on-submit": this.onSubmit },
    };

    onTick(ev) {
        const form = ev.currentTarget.form;
        // What was typed was a part of something else.
        form.elements.amount.disabled = true;
        form.submit();
    }

    onSubmit(ev) {
        if (isOutdated()) {
            ev.preventDefault();
        }
        for (const button of this.el.querySelectorAll("form[method=post] button")) {
            button.disabled = true;
        }
    }
}

/**
 * Lead back to the calendar when it is paid; else wait for the outcome.
 */
export class ClinicDeskResult extends Interaction {
    static selector = ".o_clinic_desk_result";

    start() {
        const { state, nextUrl } = this.el.dataset;
        if (["paid", "clearing"].includes(state)) {
            const notice = this.el.querySelector(".o_clinic_desk_notice").textContent;
            leaveWith(notice.replace(/\s+/g, " ").trim(), nextUrl);
        } else if (state === "open") {
            const timer = setInterval(() => this.look(), POLL_MS / 2);
            this.registerCleanup(() => clearInterval(timer));
        }
    }

    async look() {
        const { url } = this.el.dataset;
        const news = await this.waitFor(rpc(url, {}, { silent: true })).catch(() => ({}));
        if (news.changed) {
            window.location.reload();
        }
    }
}

const interactions = registry.category("public.interactions");
interactions.add("clinic_invoicing.desk_pay", ClinicDeskPay);
interactions.add("clinic_invoicing.desk_forms", ClinicDeskForms);
interactions.add("clinic_invoicing.desk_result", ClinicDeskResult);
