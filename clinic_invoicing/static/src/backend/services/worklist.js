import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { listView } from "@web/views/list/list_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

// The search filters behind the tabs, in the order in which services pass them.
const TABS = [
    { name: "to_invoice", label: _t("To Invoice") },
    { name: "invoiced", label: _t("Invoiced") },
    { name: "paid", label: _t("Paid") },
];

export class ClinicWorklistRenderer extends ListRenderer {
    static template = "clinic_invoicing.WorklistRenderer";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.tabs = TABS;
        this.counts = useState({});
        onWillStart(() => this.loadCounts());
        onWillUpdateProps(() => this.loadCounts());
    }

    async loadCounts() {
        Object.assign(this.counts, await this.orm.call("clinic.service", "get_tab_counts", []));
    }

    get tabFilters() {
        const names = TABS.map((tab) => tab.name);
        return this.env.searchModel.getSearchItems(
            (item) => item.type === "filter" && names.includes(item.name)
        );
    }

    isActive(tab) {
        return this.tabFilters.some((item) => item.name === tab.name && item.isActive);
    }

    /**
     * Show one tab: filters of the same group would add their services to it.
     */
    selectTab(tab) {
        const searchModel = this.env.searchModel;
        const chosen = this.tabFilters.find((item) => item.name === tab.name);
        const others = searchModel.getSearchItems(
            (item) => item.groupId === chosen.groupId && item.id !== chosen.id && item.isActive
        );
        for (const item of others) {
            searchModel.toggleSearchItem(item.id);
        }
        if (!chosen.isActive) {
            searchModel.toggleSearchItem(chosen.id);
        }
    }
}

registry.category("views").add("clinic_worklist", {
    ...listView,
    Renderer: ClinicWorklistRenderer,
});
