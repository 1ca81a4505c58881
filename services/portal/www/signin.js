// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is signed in, the token's renewal before it ends, the warning before the sign-in ends, and signing in over a page when an answer was 401.
import { cookie, get, hooks, send } from "./api.js";
import { signal } from "./view.js";

const SIGN_INS = "/portal/v1/sign-ins";
const RENEW_AFTER = 240000; // milliseconds; a token lives 300 seconds
const WARN_BEFORE = 120000;

/** null: nobody. Otherwise {kind: "member"|"person", subject, organisation, totp, until}. */
export const who = signal(null);
/** True while the dialog that asks for the password is open over a page. */
export const asking = signal(false);
/** True while the warning that the sign-in ends is shown. */
export const ending = signal(false);

/** Where somebody who has signed in begins. */
export function home() {
    return who.value?.kind === "person" ? "/licences" : "/me";
}

const others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("commonhold-sign-in");
let renewed = 0; // when the token was made, by this browser's clock
let renewing = null;
let warning;
let waiting = [];

function watch(until) {
    clearTimeout(warning);
    ending.value = false;
    const left = new Date(until).getTime() - Date.now() - WARN_BEFORE;
    warning = setTimeout(() => {
        ending.value = true;
    }, Math.max(0, Math.min(left, 2 ** 31 - 1)));
}

function take(found) {
    renewed = found ? Date.now() : 0;
    who.value = found;
    clearTimeout(warning);
    ending.value = false;
    if (found) watch(found.until);
}

function told(found) {
    take(found);
    others?.postMessage(found);
}

/** Asks who is signed in and gets the next token. Without the readable cookie nobody is, and nothing is asked. */
export function renew() {
    if (!cookie("ch_csrf")) {
        take(null);
        return Promise.resolve(null);
    }
    renewing ??= get(`${SIGN_INS}/current`, { signingIn: true, signal: AbortSignal.timeout(10000) })
        .then(({ data }) => told(data), (problem) => {
            if (problem.status === 401) told(null);
        }).then(() => who.value).finally(() => {
            renewing = null;
        });
    return renewing;
}

/** Signs in; throws Problem. */
export async function signIn(email, password, code) {
    const { data } = await send("POST", SIGN_INS, { email, password, ...(code ? { code } : {}) }, { signingIn: true });
    told(data);
    answered(true);
}

export async function signOut() {
    await send("DELETE", `${SIGN_INS}/current`);
    told(null);
}

/** The dialog was answered: what waited for it goes on, or is told that nobody signed in. */
export function answered(done) {
    asking.value = false;
    for (const go of waiting) go(done);
    waiting = [];
}

/** After a 401: the token may only be old; else somebody has to sign in, over the page, and what was wanted goes on. */
async function signInAgain() {
    if (await renew()) return true;
    asking.value = true;
    return new Promise((resolve) => waiting.push(resolve));
}

/** To be called once, before anything is asked. */
export async function start() {
    others?.addEventListener("message", ({ data }) => take(data));
    hooks.signIn = signInAgain;
    await renew();
    hooks.ready = async () => {
        if (who.value && Date.now() - renewed > RENEW_AFTER && !renewing) await renew();
    };
}
