// SPDX-License-Identifier: AGPL-3.0-or-later
// How far something is: an upload, a download, a job of the server. A bar with its label, what is done of what, per cent, rate and time left; it
// announces start, quarters, end and failure, nothing in between.
import { bytes, count, duration, t } from "./i18n.js";
import { alarm, say } from "./live.js";
import { percent, quarter } from "./upload.js";
import { html, useEffect, useRef } from "./view.js";

function units(kind, n) {
    return kind === "bytes" ? bytes(n) : count(n);
}

/** Says what changed since the last look. */
function useAnnouncement(label, phase, share) {
    const last = useRef({ phase: null, share: 0 });
    useEffect(() => {
        const before = last.current;
        last.current = { phase, share: share ?? 0 };
        if (phase === "failed") alarm(t("progress.say.failed", { label }));
        else if (phase !== before.phase) say(t("progress.say.phase", { label, phase: t(`progress.phase.${phase}`) }));
        else if (share !== null && quarter(before.share, share)) say(t("progress.say.share", { label, percent: quarter(before.share, share) }));
    }, [label, phase, share]);
}

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.phase key behind progress.phase.
 * @param {number} props.done
 * @param {number|null} props.total null: nobody knows, the bar says so
 * @param {"bytes"|"rows"} [props.kind]
 * @param {number|null} [props.rate] a second
 * @param {number|null} [props.left] seconds
 */
export function Progress({ label, phase, done, total, kind = "bytes", rate = null, left = null, children }) {
    const share = total === null ? null : percent(done, total);
    useAnnouncement(label, phase, share);
    const facts = [t(`progress.phase.${phase}`), total === null ? t(`progress.${kind}`, { done: units(kind, done) })
        : t(`progress.${kind}-of`, { done: units(kind, done), total: units(kind, total), percent: share }),
        rate !== null && t("progress.rate", { rate: units(kind, Math.round(rate)) }), left !== null && t("progress.left", { time: duration(left) })];
    return html`<div class="progress" role="group" aria-label=${label}>
        <label>${label} <progress value=${total === null ? undefined : done} max=${total === null ? undefined : Math.max(1, total)}></progress></label>
        <p>${facts.filter(Boolean).join(" · ")}</p>
        ${children}
    </div>`;
}
