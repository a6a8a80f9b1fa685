/* The dialog in which a bank asks the cardholder to authenticate. */

/**
 * Ask for the outcome of 3-D Secure.
 *
 * Resolves to "complete", "fail" or "closed"; closed leaves the intent as it is.
 */
function askCardholder() {
    ensureStyle();
    return new Promise((resolve) => {
        const button = (id, label, look) =>
            node("button", { id, type: "button", class: `emulator-button ${look}` }, label);
        const complete = button("emulator-3ds-complete", "Complete", "emulator-primary");
        const fail = button("emulator-3ds-fail", "Fail", "");
        const close = button("emulator-3ds-close", "Cancel", "emulator-close");
        const dialog = node(
            "dialog",
            {
                id: "emulator-3ds",
                class: "emulator-dialog",
                "aria-labelledby": "emulator-3ds-title",
            },
            node("h2", { id: "emulator-3ds-title" }, "3-D Secure"),
            node(
                "p",
                {},
                "This is a test. A bank would ask the cardholder to confirm the payment " +
                    "here. Choose the outcome.",
            ),
            node("div", { class: "emulator-buttons" }, complete, fail, close),
        );
        const finish = (outcome) => {
            dialog.remove();
            resolve(outcome);
        };
        complete.addEventListener("click", () => finish("complete"));
        fail.addEventListener("click", () => finish("fail"));
        close.addEventListener("click", () => finish("closed"));
        // The Escape key.
        dialog.addEventListener("cancel", () => finish("closed"));
        document.body.append(dialog);
        dialog.showModal();
        complete.focus();
    });
}
