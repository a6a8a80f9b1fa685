// Browsers keep whole pages in memory and show them again after *Back*. They are to
// forget those that say `no-store`, and under load now and then do not: what is about
// somebody is hidden as soon as it is left, and asked for anew when it comes back.
const IS_PRIVATE = /(^|\/)(my|clinic|payment|invoice)(\/|$)/;

if (IS_PRIVATE.test(window.location.pathname)) {
    window.addEventListener("pagehide", (ev) => {
        if (ev.persisted) {
            document.documentElement.style.visibility = "hidden";
        }
    });
    window.addEventListener("pageshow", (ev) => {
        if (ev.persisted) {
            window.location.reload();
        }
    });
}
