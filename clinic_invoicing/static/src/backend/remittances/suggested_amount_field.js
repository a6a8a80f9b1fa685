import { useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { MonetaryField, monetaryField } from "@web/views/fields/monetary/monetary_field";

/**
 * An amount that the server suggests while the cursor is in it: what is typed takes its
 * place. Odoo's own field would add what is typed to what has been suggested.
 */
export class SuggestedAmountField extends MonetaryField {
    setup() {
        super.setup();
        useEffect(
            () => this.selectSuggestion(),
            () => [this.value]
        );
    }

    selectSuggestion() {
        const input = this.inputRef.el;
        const isTyped = input?.value !== this.formattedValue;
        if (input && input === document.activeElement && !isTyped) {
            input.select();
        }
    }
}

registry.category("fields").add("clinic_suggested_amount", {
    ...monetaryField,
    component: SuggestedAmountField,
});
