import { PaymentForm } from "@payment/interactions/payment_form";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

// What the server says when nobody is logged in any more; it is never translated.
const EXPIRED = "Session expired";

/**
 * Say what to do when the session ended while the card was typed.
 */
patch(PaymentForm.prototype, {
    _displayErrorDialog(title, message = "", ...rest) {
        const told =
            message === EXPIRED
                ? _t(
                      "You have been logged out, and nothing was charged. Reload the page to log in and pay."
                  )
                : message;
        return super._displayErrorDialog(title, told, ...rest);
    },
});
