import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

// Written by the desk's pages before they lead back here.
const NOTICE_KEY = "clinic_invoicing.desk_notice";

/**
 * Tell on the calendar what was paid at the desk.
 */
export const deskNoticeService = {
    dependencies: ["notification"],
    start(env, { notification }) {
        const notice = browser.sessionStorage.getItem(NOTICE_KEY);
        if (notice) {
            browser.sessionStorage.removeItem(NOTICE_KEY);
            notification.add(notice, { type: "success" });
        }
    },
};

registry.category("services").add("clinic_invoicing.desk_notice", deskNoticeService);
