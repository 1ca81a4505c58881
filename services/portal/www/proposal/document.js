// SPDX-License-Identifier: AGPL-3.0-or-later
// A document as a form: each figure and text of it an input of its own, lists with adding and removing. It starts from one that is there; what is right is the server's to say.
import { has, t } from "../i18n.js";
import { html, useId } from "../view.js";

/** The object with another value at a path; what is on the way is copied. */
export function setAt(value, [first, ...rest], next) {
    const copy = Array.isArray(value) ? [...value] : { ...value };
    copy[first] = rest.length ? setAt(value[first], rest, next) : next;
    return copy;
}

/** What a new item of a list looks like: the last one with its texts and figures emptied. */
export function blank(value) {
    if (Array.isArray(value)) return [];
    if (value === null || typeof value === "string") return "";
    if (typeof value === "number") return 0;
    if (typeof value === "boolean") return false;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, blank(one)]));
}

function label(name) {
    return has(`document.${name}`) ? t(`document.${name}`) : String(name);
}

function Leaf({ name, value, onChange, error }) {
    const id = useId();
    const own = { id, "aria-invalid": error ? "true" : undefined, "aria-describedby": error ? `${id}-error` : undefined };
    const wrong = error && html`<strong id="${id}-error" class="error">${error}</strong>`;
    if (typeof value === "boolean") {
        return html`<div class="field"><label><input ...${own} type="checkbox" checked=${value} onChange=${(event) => onChange(event.currentTarget.checked)} /> ${name}</label>${wrong}</div>`;
    }
    if (typeof value === "number") {
        return html`<div class="field"><label for=${id}>${name}</label>${wrong}<input ...${own} type="number" step="1" value=${value}
            onInput=${(event) => onChange(event.currentTarget.value === "" ? 0 : Number(event.currentTarget.value))} /></div>`;
    }
    const write = (event) => onChange(event.currentTarget.value === "" && value === null ? null : event.currentTarget.value);
    const long = (value ?? "").length > 80;
    return html`<div class="field"><label for=${id}>${name}</label>${wrong}${long ? html`<textarea ...${own} value=${value ?? ""} onInput=${write}></textarea>`
        : html`<input ...${own} value=${value ?? ""} onInput=${write} />`}</div>`;
}

function List({ name, value, onChange, errors, pointer }) {
    const add = () => onChange([...value, value.length ? blank(value.at(-1)) : ""]);
    return html`<fieldset><legend>${name}</legend>${value.map((one, i) => html`<div key=${i}>
            <${Value} name=${t("document.item", { name, number: i + 1 })} value=${one} errors=${errors} pointer=${`${pointer}/${i}`} onChange=${(next) => onChange(setAt(value, [i], next))} />
            <button type="button" class="secondary" onClick=${() => onChange(value.filter((_, n) => n !== i))}>${t("document.remove", { name, number: i + 1 })}</button></div>`)}
        <button type="button" class="secondary" onClick=${add}>${t("document.add", { name })}</button></fieldset>`;
}

function Value({ name, value, onChange, errors, pointer }) {
    if (Array.isArray(value)) return html`<${List} name=${name} value=${value} onChange=${onChange} errors=${errors} pointer=${pointer} />`;
    if (value === null || typeof value !== "object") return html`<${Leaf} name=${name} value=${value} onChange=${onChange} error=${errors[pointer]} />`;
    return html`<fieldset><legend>${name}</legend>${Object.entries(value).map(([key, one]) => html`<${Value} key=${key} name=${label(key)} value=${one} errors=${errors}
        pointer=${`${pointer}/${key}`} onChange=${(next) => onChange(setAt(value, [key], next))} />`)}</fieldset>`;
}

/** @param {{value: object, onChange: (value: object) => void, errors: Object<string, string>, pointer: string, name: string}} props errors by pointer, without its first slash */
export function DocumentForm({ value, onChange, errors, pointer, name }) {
    return html`<${Value} name=${name} value=${value} onChange=${onChange} errors=${errors} pointer=${pointer} />`;
}
