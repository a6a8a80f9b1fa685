/* The look of the forms and of the dialog; every rule stays below `.emulator-…`. */

const STYLE = `
.emulator-form { display: grid; grid-template-columns: 1fr 1fr; gap: 12px;
    max-width: 100%; font-family: system-ui, -apple-system, "Segoe UI", sans-serif;
    font-size: 16px; line-height: 1.4; color: #30313d; }
.emulator-form *, .emulator-dialog, .emulator-dialog * { box-sizing: border-box; }
.emulator-field { display: block; min-width: 0; margin: 0; }
.emulator-field.emulator-wide, .emulator-note { grid-column: 1 / -1; }
.emulator-label { display: block; margin: 0 0 4px; font-size: 14px; color: #30313d; }
.emulator-input { display: block; width: 100%; min-width: 0; height: 44px;
    padding: 0 12px; border: 1px solid #c7ccd6; border-radius: 6px; background: #fff;
    color: #30313d; font: inherit; box-shadow: 0 1px 1px rgba(0, 0, 0, .03); }
.emulator-input::placeholder { color: #75777f; }
.emulator-input:focus { outline: 2px solid #0570de; outline-offset: 1px;
    border-color: #0570de; }
.emulator-input[aria-invalid="true"] { border-color: #c2143a; }
.emulator-problem { margin: 4px 0 0; font-size: 14px; color: #c2143a; }
.emulator-problem:empty { display: none; }
.emulator-note { margin: 0; font-size: 13px; color: #5b5d66; }
.emulator-dialog { width: min(400px, calc(100vw - 32px)); padding: 24px; border: 0;
    border-radius: 12px; background: #fff; color: #30313d;
    box-shadow: 0 12px 48px rgba(0, 0, 0, .3);
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
.emulator-dialog::backdrop { background: rgba(20, 22, 30, .55); }
.emulator-dialog h2 { margin: 0 0 8px; font-size: 20px; line-height: 1.3; }
.emulator-dialog p { margin: 0 0 20px; }
.emulator-buttons { display: flex; flex-wrap: wrap; gap: 8px; }
.emulator-button { min-height: 44px; padding: 0 18px; border: 1px solid #c7ccd6;
    border-radius: 6px; background: #fff; color: #30313d; font: inherit;
    cursor: pointer; }
.emulator-button:focus-visible { outline: 2px solid #0570de; outline-offset: 2px; }
.emulator-button.emulator-primary { border-color: #0a63c9; background: #0a63c9;
    color: #fff; }
.emulator-close { margin-left: auto; }
`;

/** Add the style once per page. */
function ensureStyle() {
    if (!document.getElementById("emulator-style")) {
        const style = document.createElement("style");
        style.id = "emulator-style";
        style.textContent = STYLE;
        document.head.append(style);
    }
}

/** Create a DOM node with attributes and children. */
function node(tag, attributes = {}, ...children) {
    const created = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        created.setAttribute(name, value);
    }
    created.append(...children);
    return created;
}
