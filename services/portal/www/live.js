// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said without being looked for: one polite and one assertive live region, and toasts. A toast stays until somebody dismisses
// it, however long that takes.
import { html, signal } from "./view.js";
import { t } from "./i18n.js";

const polite = signal("");
const assertive = signal("");
const toasts = signal([]);
let count = 0;

/** The same text twice is no change to a screen reader: a no-break space behind it is. */
function put(region, text) {
    region.value = region.value === text ? text + "\u00a0" : text;
}

/** Said when whatever is being said is over: progress, positions, what was saved. */
export function say(text) {
    put(polite, text);
}

/** Said at once: what failed, what ends. */
export function alarm(text) {
    put(assertive, text);
}

/** Said politely and left standing. */
export function toast(text) {
    count += 1;
    toasts.value = [...toasts.value, { id: count, text }];
}

function dismiss(id) {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** The regions; once on a page, from its first moment on. */
export function LiveRegions() {
    return html`<div role="status" aria-live="polite" class="unseen">${polite.value}</div>
        <div role="alert" aria-live="assertive" class="unseen">${assertive.value}</div>
        <div role="log" aria-live="polite" aria-label=${t("live.toasts")} class="toasts">
            ${toasts.value.map((toast) => html`<p key=${toast.id}>${toast.text}
                <button type="button" onClick=${() => dismiss(toast.id)}>${t("live.dismiss")}</button></p>`)}
        </div>`;
}
