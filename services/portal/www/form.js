// SPDX-License-Identifier: AGPL-3.0-or-later
// Forms: labels, hints, field errors and their summary, drafts that save themselves, one deed for a double click. What a form sends and what
// a value must be is its page's; whether a value is right is said by the server, and here only what helps while typing.
import { html, useEffect, useRef, useState } from "./view.js";
import { Problem, newKey } from "./api.js";
import { plural, t, when } from "./i18n.js";
import { say } from "./live.js";
import { ErrorNote } from "./resource.js";
import { guard } from "./router.js";

const DRAFT_AFTER = 2000;
let forms = 0;

/** What the server said of fields, by name. */
function fieldErrors(problem) {
    return Object.fromEntries(problem.errors.map(({ field, message }) => [field, message]));
}

/** Errors to show: the server's of every field, ours of touched ones, and of all once sending was tried. */
function shownErrors(ours, servers, touched, tried) {
    const seen = Object.entries(ours).filter(([name, text]) => text && (tried || touched.has(name)));
    return { ...Object.fromEntries(seen), ...servers };
}

/** Saves `values` by `save` two seconds after the last change, whatever they are; again when the line is back. */
function useDraft(save, values, changes) {
    const [saved, setSaved] = useState(null);
    const waiting = useRef(null);
    const write = async () => {
        const text = waiting.current;
        if (text === null) {
            return;
        }
        waiting.current = null;
        setSaved({ state: "saving" });
        try {
            await save(text);
            setSaved({ state: "saved", at: new Date().toISOString() });
        } catch (problem) {
            waiting.current ??= text;
            setSaved({ state: "failed", problem });
        }
    };
    useEffect(() => {
        if (!save || changes === 0) {
            return undefined;
        }
        waiting.current = values;
        const timer = setTimeout(write, DRAFT_AFTER);
        return () => clearTimeout(timer);
    }, [changes]);
    useEffect(() => {
        addEventListener("online", write);
        return () => {
            removeEventListener("online", write);
            write();
        };
    }, []);
    /* These values are at the server by another way: they wait no longer. */
    const settled = (text) => {
        if (waiting.current === text) waiting.current = null;
        if (saved) setSaved({ state: "saved", at: new Date().toISOString() });
    };
    return { saved, unsaved: () => waiting.current !== null, settled };
}

/**
 * The state of a form.
 * @param {object} options
 * @param {object} options.values what it begins with, by field name
 * @param {(values: object, how: { key: string, etag?: string }) => Promise<any>} options.send one deed: its key stays the same until it was done
 *     or a value changed
 * @param {(values: object) => Object<string, string>} [options.check] texts by field, while typing
 * @param {(values: object, etag?: string) => Promise<any>} [options.draft] saves what there is, right or wrong; etag: over the version that has it
 * @param {(answer: any) => void} [options.done]
 * @param {(current: object) => void} [options.taken] the other's version of what two changed was taken over
 */
export function useForm({ values: first, send, check, draft, done, taken }) {
    const [values, setValues] = useState(first);
    const [changes, setChanges] = useState(0);
    const [touched, setTouched] = useState(new Set());
    const [tried, setTried] = useState(0);
    const [problem, setProblem] = useState(null);
    const [servers, setServers] = useState({});
    const [busy, setBusy] = useState(false);
    const deed = useRef({ running: false, key: null, dirty: false });
    const id = useRef(`form-${forms += 1}`).current;
    /* A draft that somebody else has changed is shown beside theirs at once. */
    const keep = draft && (async (text) => {
        try {
            return await draft(text);
        } catch (thrown) {
            if (thrown.current) setProblem(thrown);
            throw thrown;
        }
    });
    const { saved, unsaved, settled } = useDraft(keep, values, changes);
    const unsafe = useRef(null);
    unsafe.current = () => (draft ? unsaved() : deed.current.dirty);
    useEffect(() => guard(() => unsafe.current()), []);

    const errors = shownErrors(check ? check(values) : {}, servers, touched, tried > 0);
    const set = (name, value) => {
        deed.current.key = null;
        deed.current.dirty = true;
        setValues((old) => ({ ...old, [name]: value }));
        setServers(({ [name]: gone, ...rest }) => rest);
        setChanges((n) => n + 1);
    };
    const touch = (name) => setTouched((old) => new Set(old).add(name));
    const run = async (etag) => {
        if (deed.current.running) {
            return;
        }
        deed.current.running = true;
        deed.current.key ??= newKey();
        setBusy(true);
        setProblem(null);
        try {
            const answer = await send(values, { key: deed.current.key, etag });
            Object.assign(deed.current, { key: null, dirty: false });
            settled(values);
            setServers({});
            setTried(0);
            done?.(answer);
        } catch (thrown) {
            if (!(thrown instanceof Problem)) {
                throw thrown;
            }
            setProblem(thrown);
            setServers(fieldErrors(thrown));
            setTried((n) => n + 1);
        } finally {
            deed.current.running = false;
            setBusy(false);
        }
    };
    const submit = (event) => {
        event?.preventDefault();
        const ours = check ? check(values) : {};
        if (Object.values(ours).some(Boolean)) {
            setTried((n) => n + 1);
            return undefined;
        }
        return run();
    };
    /* One's own version over the other's: a draft is saved, whatever else is sent. */
    const insist = async () => {
        const { etag } = problem.current;
        if (!draft) return run(etag);
        try {
            await draft(values, etag);
            settled(values);
            setProblem(null);
        } catch (thrown) {
            setProblem(thrown);
        }
        return undefined;
    };
    const take = (theirs) => {
        setValues(theirs);
        setProblem(null);
        taken?.(problem.current);
    };
    return { id, values, errors, problem, busy, saved, tried, set, touch, submit, run, setValues, take, insist };
}

/** What is wrong, at the top, each with a way to its field; it takes the focus when sending was refused. */
function Summary({ of }) {
    const box = useRef(null);
    const names = Object.keys(of.errors);
    useEffect(() => {
        if (of.tried > 0 && names.length > 0) {
            box.current?.focus();
        }
    }, [of.tried]);
    if (of.tried === 0 || names.length === 0) {
        return null;
    }
    const go = (event, name) => {
        event.preventDefault();
        document.getElementById(fieldId(of, name))?.focus();
    };
    return html`<section ref=${box} class="summary" tabindex="-1" aria-labelledby="${of.id}-summary">
        <h2 id="${of.id}-summary">${plural("form.errors", names.length)}</h2>
        <ul>${names.map((name) => html`<li key=${name}>
            <a href="#${fieldId(of, name)}" onClick=${(event) => go(event, name)}>${of.errors[name]}</a></li>`)}</ul>
    </section>`;
}

/** Somebody else changed the same thing: both versions side by side, and a choice. */
function Stale({ of, labels, read }) {
    const theirs = read(of.problem.current);
    const names = Object.keys(labels).filter((name) => String(theirs[name] ?? "") !== String(of.values[name] ?? ""));
    return html`<section class="summary">
        <h2>${t("form.stale.title")}</h2>
        <p>${t("form.stale.text")}</p>
        <div class="beside">${[["form.stale.yours", of.values], ["form.stale.theirs", theirs]].map(([key, version]) => html`
            <section key=${key}><h3>${t(key)}</h3><dl class="facts">${names.map((name) => html`
                <div key=${name}><dt>${labels[name]}</dt><dd class="written">${String(version[name] ?? "")}</dd></div>`)}</dl></section>`)}</div>
        <p><button type="button" onClick=${of.insist}>${t("form.stale.keep")}</button>
        <button type="button" class="secondary" onClick=${() => of.take(theirs)}>${t("form.stale.take")}</button></p>
    </section>`;
}

function Saved({ saved }) {
    useEffect(() => {
        if (saved?.state === "failed") {
            say(t("form.draft.failed"));
        }
    }, [saved?.state]);
    if (!saved) {
        return null;
    }
    const text = { saving: () => t("form.draft.saving"), saved: () => t("form.draft.saved", { at: when(saved.at) }), failed: () => t("form.draft.failed") };
    return html`<p class="hint">${text[saved.state]()}</p>`;
}

/**
 * A form of a state.
 * @param {{ of: object, submit: string, labels?: object, read?: (current: object) => object, disabled?: string, children: any }} props
 *     submit: text of the button; labels and read (values out of what the server has) for two who change the same thing; disabled: why it
 *     cannot be sent
 */
export function Form({ of, submit, labels, read, disabled, children }) {
    const stale = of.problem?.current && labels && read;
    const general = of.problem && !stale && !of.problem.errors?.length;
    return html`<form id=${of.id} noValidate onSubmit=${disabled ? (event) => event.preventDefault() : of.submit} autocomplete="on">
        <${Summary} of=${of} />
        ${stale && html`<${Stale} of=${of} labels=${labels} read=${read} />`}
        ${general && html`<${ErrorNote} problem=${of.problem} retry=${() => of.run()} />`}
        ${children}
        <${Saved} saved=${of.saved} />
        ${disabled && html`<p class="hint" id="${of.id}-why">${disabled}</p>`}
        <button type="submit" aria-disabled=${Boolean(disabled) || of.busy} aria-busy=${of.busy}
            aria-describedby=${disabled ? `${of.id}-why` : undefined}>${submit}</button>
    </form>`;
}

function fieldId(of, name) {
    return `${of.id}-${name.replaceAll("/", "-")}`;
}

/** The input itself, by type. */
function control(type, own, of, name, options) {
    const value = of.values[name] ?? "";
    const write = (event) => of.set(name, event.currentTarget.value);
    if (type === "textarea") {
        return html`<textarea ...${own} value=${value} onInput=${write}></textarea>`;
    }
    if (type === "select") {
        return html`<select ...${own} value=${value} onChange=${write}>${options.map((one) => html`
            <option key=${one.value} value=${one.value} selected=${one.value === value}>${one.label}</option>`)}</select>`;
    }
    return html`<input ...${own} type=${type} value=${value} onInput=${write} />`;
}

/** One box to tick, or several choices of which one holds. */
function Choice({ of, name, label, type, options, own, hint, error }) {
    if (type === "checkbox") {
        return html`<div class="field"><label><input ...${own} type="checkbox" checked=${Boolean(of.values[name])}
            onChange=${(event) => of.set(name, event.currentTarget.checked)} /> ${label}</label>${hint}${error}</div>`;
    }
    return html`<fieldset class="field" id=${own.id} tabindex="-1" aria-describedby=${own["aria-describedby"]}><legend>${label}</legend>${hint}${error}
        ${options.map((one) => html`<label key=${one.value}><input type="radio" name=${own.id} value=${one.value}
            checked=${of.values[name] === one.value} onChange=${() => of.set(name, one.value)} /> ${one.label}</label>`)}</fieldset>`;
}

/**
 * A field with its label, hint and error.
 * @param {{ of: object, name: string, label: string, hint?: string, type?: string, options?: {value: string, label: string}[] }} props
 *     type: an input's, textarea, select, radio or checkbox; further attributes go to the control
 */
export function Field({ of, name, label, hint, type = "text", options, ...further }) {
    const id = fieldId(of, name);
    const error = of.errors[name];
    const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
    const own = { ...further, id, name, "aria-invalid": error ? "true" : undefined, "aria-describedby": described, onBlur: () => of.touch(name) };
    const said = hint && html`<small id="${id}-hint" class="hint">${hint}</small>`;
    const wrong = error && html`<strong id="${id}-error" class="error">${error}</strong>`;
    if (type === "checkbox" || type === "radio") {
        return html`<${Choice} of=${of} name=${name} label=${label} type=${type} options=${options} own=${own} hint=${said} error=${wrong} />`;
    }
    return html`<div class="field"><label for=${id}>${label}</label>${said}${wrong}${control(type, own, of, name, options)}</div>`;
}
