// SPDX-License-Identifier: AGPL-3.0-or-later
// What every printed sheet says besides its content: whose it is, what, of when, which page, when it was made, its hash and how to check
// it. It goes into the margins of the sheets by a style sheet made here, and stands on the first sheet for browsers that leave margins empty.
import { html, useEffect } from "./view.js";
import { t, when } from "./i18n.js";
import { Facts, grouped } from "./show.js";
import { trust } from "./trust.js";

/* The rules for paper come with the first page that is made for it, so that no other waits for them. */
document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", media: "print", href: new URL("print.css", import.meta.url).href }));

/** Text as a CSS string. */
export function quoted(text) {
    return '"' + text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\A ") + '"';
}

function margins({ head, made, check }) {
    return `@media print { @page {
        @top-left { content: ${quoted(head)}; font: 8pt sans-serif; }
        @top-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; }
        @bottom-left { content: ${quoted([made, check].filter(Boolean).join("\n"))}; font: 7pt/1.5 monospace; white-space: pre-wrap; }
    } }`;
}

/** Closed disclosures are open on paper, and closed again after. */
function useOpenDetails() {
    useEffect(() => {
        let opened = [];
        const open = () => {
            opened = [...document.querySelectorAll("main details:not([open])")];
            opened.forEach((one) => one.setAttribute("open", ""));
        };
        const close = () => opened.forEach((one) => one.removeAttribute("open"));
        addEventListener("beforeprint", open);
        addEventListener("afterprint", close);
        return () => {
            removeEventListener("beforeprint", open);
            removeEventListener("afterprint", close);
        };
    }, []);
}

/**
 * The head and foot of what is printed; nothing on a screen.
 * @param {{ title: string, period?: string, hash?: string, verify?: string }} props verify: the command that checks it
 */
export function PrintSheet({ title, period, hash, verify }) {
    const name = trust.value?.name ?? "";
    const made = t("print.made", { at: when(new Date().toISOString()) });
    const check = [hash && grouped(hash), verify].filter(Boolean).join("\n");
    const head = [name, title, period].filter(Boolean).join(" \u00b7 ");
    useOpenDetails();
    useEffect(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(margins({ head, made, check }));
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        return () => {
            document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
        };
    }, [head, made, check]);
    return html`<div class="printed"><${Facts} of=${[[t("print.trust"), name], [t("print.title"), title], [t("print.period"), period],
        [t("print.hash"), hash && grouped(hash)], [t("print.verify"), verify && html`<code>${verify}</code>`]]} /></div>`;
}

export function PrintButton() {
    return html`<button type="button" class="secondary" onClick=${() => print()}>${t("print.button")}</button>`;
}
