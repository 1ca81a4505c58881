// SPDX-License-Identifier: AGPL-3.0-or-later
// Light, dark, or what the system wants; kept in this browser.

export const THEMES = ["system", "light", "dark"];

/** The choice kept in this browser. */
export function theme() {
    const kept = localStorage.getItem("theme");
    return THEMES.includes(kept) ? kept : "system";
}

/** Without the attribute the style sheets follow the system. */
export function setTheme(choice) {
    if (choice === "system") {
        localStorage.removeItem("theme");
        delete document.documentElement.dataset.theme;
    } else {
        localStorage.setItem("theme", choice);
        document.documentElement.dataset.theme = choice;
    }
}
