// SPDX-License-Identifier: AGPL-3.0-or-later
// The words for codes of the reference lists, and which codes stand below another. It asks nothing; lists are handed to it.
import { has, t } from "./i18n.js";

function named(key, code) {
    return has(key) ? t(key) : code;
}

/** A purpose in words; one that came with a newer list by its code. */
export function purposeName(code) {
    return named(`purpose.${code}`, code);
}

/** A class of recipients in words. */
export function recipientName(code) {
    return named(`recipient.${code}`, code);
}

/** A class of members in the charter's words. @param {{code: string, name: string}[]} [classes] of the charter */
export function className(code, classes) {
    return classes?.find((one) => one.code === code)?.name ?? t(`class.${code}`);
}

/** The code itself and all below it. @param {{code: string, parents: string[]}[]} purposes items of /licensing/v1/purposes */
export function purposesBelow(purposes, code) {
    const found = new Set([code]);
    for (let size = 0; size < found.size;) {
        size = found.size;
        for (const one of purposes) if (one.parents.some((parent) => found.has(parent))) found.add(one.code);
    }
    return found;
}
