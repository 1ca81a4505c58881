// SPDX-License-Identifier: AGPL-3.0-or-later
// One thing done by a button: once, however often it is pressed, with a question before what cannot be taken back, and a word when it is done.
import { Dialog } from "./dialog.js";
import { Form, useForm } from "./form.js";
import { say } from "./live.js";
import { html, useState } from "./view.js";

/** The button itself. */
function Button({ label, send, done, said }) {
    const form = useForm({ values: {}, send: (values, how) => send(how), done: (answer) => {
        if (said) say(said);
        done?.(answer);
    } });
    return html`<${Form} of=${form} submit=${label} />`;
}

/**
 * @param {object} props
 * @param {string} props.label
 * @param {(how: { key: string }) => Promise<any>} props.send
 * @param {(answer: any) => void} [props.done]
 * @param {string} [props.said] what is said when it is done
 * @param {string} [props.ask] what is asked before
 */
export function Deed({ label, send, done, said, ask }) {
    const [asking, setAsking] = useState(false);
    if (!ask) return html`<${Button} label=${label} send=${send} done=${done} said=${said} />`;
    const finish = (answer) => {
        setAsking(false);
        done?.(answer);
    };
    return html`<button type="button" aria-haspopup="dialog" onClick=${() => setAsking(true)}>${label}</button>
        ${asking && html`<${Dialog} title=${label} onClose=${() => setAsking(false)}>
            <p>${ask}</p><${Button} label=${label} send=${send} done=${finish} said=${said} /><//>`}`;
}
