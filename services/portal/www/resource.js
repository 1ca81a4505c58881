// SPDX-License-Identifier: AGPL-3.0-or-later
// What a page shows of one address: loading, empty, error, filled. The four states are drawn here once.
import { get } from "./api.js";
import { plural, t } from "./i18n.js";
import { html, useCallback, useEffect, useState } from "./view.js";

const LOADING = { state: "loading", data: null, etag: null, error: null };

function isEmpty(data) {
    return data === null || data === undefined || (Array.isArray(data?.items) && data.items.length === 0);
}

/**
 * @param {?string} path null: nothing is asked yet
 * @param {{query?: object, every?: number, isEmpty?: (data: any) => boolean}} [options] every: seconds between two looks
 * @returns {{state: "loading"|"empty"|"error"|"filled", data: any, etag: ?string, error: any, reload: () => void}}
 */
export function useResource(path, { query, every, isEmpty: empty = isEmpty } = {}) {
    const [found, setFound] = useState(LOADING);
    const [turn, setTurn] = useState(0);
    const asked = JSON.stringify([path, query ?? null]);
    const reload = useCallback(() => setTurn((n) => n + 1), []);
    useEffect(() => {
        if (!path) return undefined;
        const stop = new AbortController();
        get(path, { query, signal: stop.signal }).then(
            ({ data, etag }) => setFound({ asked, state: empty(data) ? "empty" : "filled", data, etag, error: null }),
            (error) => {
                if (!stop.signal.aborted) setFound({ asked, state: "error", data: null, etag: null, error });
            });
        const timer = every ? setTimeout(reload, every * 1000) : undefined;
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [asked, turn, every]);
    /* What was found of another address is never shown under this one. */
    return { ...(found.asked === asked ? found : LOADING), reload };
}

/** Seconds that are left, counted down; `done` is called once at zero. */
function useCountdown(seconds, done) {
    const [left, setLeft] = useState(seconds ?? 0);
    useEffect(() => setLeft(seconds ?? 0), [seconds]);
    useEffect(() => {
        if (left <= 0) return undefined;
        const timer = setTimeout(() => {
            setLeft(left - 1);
            if (left === 1) done?.();
        }, 1000);
        return () => clearTimeout(timer);
    }, [left]);
    return left;
}

/** What failed, in the user's language, with what to do. 429 and 503 are tried again when the server said. */
export function ErrorNote({ problem, retry }) {
    const waits = problem.status === 429 || problem.status === 503;
    const left = useCountdown(waits && retry ? problem.retryAfter ?? 5 : 0, retry);
    const slug = problem.slug ?? "internal";
    return html`<div role="alert" data-state="error">
        <p><strong>${problem.title ?? t("problem.internal.title")}</strong></p>
        ${problem.detail && html`<p>${problem.detail}</p>`}
        ${problem.next && html`<p>${problem.next}</p>`}
        ${left > 0 && html`<p>${plural("state.retry-in", left)}</p>`}
        ${retry && html`<p><button type="button" onClick=${retry}>${t("state.retry")}</button></p>`}
        ${problem.status > 0 && html`<p><a href=${`/problems/${slug}`}>${t("state.about-problem")}</a></p>`}
        ${problem.requestId && html`<p><small>${t("state.request-id", { id: problem.requestId })}</small></p>`}
    </div>`;
}

/** Draws one of the four states; `empty` is the key of a text that says why it is empty and what can be done. */
export function States({ of, empty, children }) {
    const draw = Array.isArray(children) ? children[0] : children;
    switch (of.state) {
    case "loading": return html`<p role="status" aria-busy="true" data-state="loading">${t("state.loading")}</p>`;
    case "error": return html`<${ErrorNote} problem=${of.error} retry=${of.reload} />`;
    case "empty": return html`<p data-state="empty">${t(empty ?? "state.empty")}</p>`;
    default: return draw(of.data);
    }
}
