// SPDX-License-Identifier: AGPL-3.0-or-later
// A question over the page, on the browser's own modal dialog: it keeps the focus inside, closes with Escape and gives the focus back.
// It is open while it is mounted.
import { html, useEffect, useRef } from "./view.js";
import { t } from "./i18n.js";

/** @param {{ title: string, onClose: () => void, children: any }} props title as text; onClose is to unmount it */
export function Dialog({ title, onClose, children }) {
    const box = useRef(null);
    useEffect(() => {
        const opener = document.activeElement, dialog = box.current;
        dialog.showModal();
        return () => {
            dialog.close(); // while it is modal nothing else takes the focus
            if (opener?.isConnected) opener.focus();
        };
    }, []);
    const cancel = (event) => {
        event.preventDefault();
        onClose();
    };
    return html`<dialog ref=${box} aria-labelledby="dialog-title" onCancel=${cancel}>
        <article>
            <h2 id="dialog-title">${title}</h2>
            ${children}
            <p><button type="button" class="secondary" onClick=${onClose}>${t("dialog.close")}</button></p>
        </article>
    </dialog>`;
}
