// SPDX-License-Identifier: AGPL-3.0-or-later
// Forms around a private key that somebody keeps as a file: choosing the file, opening it, and the pass phrase of a new one. A key is opened for one deed, and
// neither kept nor sent from here.
import { Problem } from "./api.js";
import { Field } from "./form.js";
import { t } from "./i18n.js";
import { KeyFileError } from "./keyfile.js";
import { html } from "./view.js";

const LEAST = 12; // characters of a pass phrase

/** Refuses what stands in a field. */
export function refuse(field, key) {
    throw new Problem({ slug: "invalid", errors: [{ field, message: t(key) }] });
}

/**
 * The key of a chosen file.
 * @param {(text: string, pass: string) => Promise<object>} open what reads this kind of key
 * @param {?File} file; @param {string} pass the form's field `pass`, which is told what is wrong
 */
export async function opened(open, file, pass) {
    if (!file) refuse("pass", "approval.no-key-file");
    try {
        return await open(await file.text(), pass);
    } catch (error) {
        if (!(error instanceof KeyFileError)) throw error;
        return refuse("pass", error.message === "pass" ? "approval.wrong-pass" : "approval.not-a-key");
    }
}

/** The new pass phrase, typed twice; refused where it is short or not the same. */
export function newPass({ pass, again }) {
    if ([...pass].length < LEAST) refuse("pass", "approval.short-pass");
    if (pass !== again) refuse("again", "approval.other-pass");
    return pass;
}

/** @param {{ chosen: { current: ?File } }} props a reference that takes the file */
export function KeyFile({ chosen }) {
    return html`<div class="field"><label>${t("approval.key-file")}
        <input type="file" accept=".pem" onChange=${(event) => {
            chosen.current = event.currentTarget.files[0];
        }} /></label></div>`;
}

/** The pass phrase of a file that is there. */
export function Pass({ of }) {
    return html`<${Field} of=${of} name="pass" label=${t("approval.pass")} type="password" autocomplete="off" required />`;
}

/** The pass phrase of a new file, twice. */
export function NewPass({ of }) {
    return html`<${Field} of=${of} name="pass" label=${t("approval.pass")} hint=${t("approval.pass.hint")} type="password" autocomplete="new-password" required />
        <${Field} of=${of} name="again" label=${t("approval.again")} type="password" autocomplete="new-password" required />`;
}
