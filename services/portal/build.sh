#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# `make portal` and `make portal-update`: the pages in $BUILD/portal. Our own files are copied as written; eight files of npm packages come beside them,
# checked against vendor.sha256, with bare imports made relative.
#
#   build.sh           build; changes nothing that is committed
#   build.sh update    after a change of package.json: writes package-lock.json and vendor.sha256
#
# Exit 1 where npm, node or the registry is missing, or a file is not what it should be; what was built before stays then.
set -eu
cd "$(dirname "$0")/../.."
here=services/portal
built=${BUILD:-build}/portal
fresh=$built.new
vendor="preact/dist/preact.mjs preact/hooks/dist/hooks.mjs htm/dist/htm.mjs @preact/signals/dist/signals.mjs
@preact/signals-core/dist/signals-core.mjs uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css @picocss/pico/css/pico.classless.min.css"

fail() {
    echo "portal: $*" >&2
    exit 1
}

npm_do() {
    for command in node npm; do
        command -v "$command" >/dev/null || fail "$command is not installed, so the pages cannot be built; everything else works without them"
    done
    log=$(mktemp "${TMPDIR:-/tmp}/commonhold-npm.XXXXXX")
    status=0
    (cd "$here" && npm "$@" --ignore-scripts --no-audit --no-fund) >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
    rm -f "$log"
    [ "$status" -eq 0 ] || fail "npm $1 gave $status (is the registry reached?); the pages cannot be built, everything else works without them"
}

# The packages as the lock file says; once, until it changes.
install_packages() {
    done=$here/node_modules/.package-lock.json
    if [ ! -f "$done" ] || [ -n "$(find "$here/package-lock.json" -newer "$done")" ]; then
        npm_do ci
    fi
    (cd "$here/node_modules" && sha256sum --quiet --strict -c ../vendor.sha256) ||
        fail "files are not those vendor.sha256 names; nothing was built"
}

copy_vendor() {
    mkdir -p "$fresh/vendor"
    for file in $vendor; do
        cp "$here/node_modules/$file" "$fresh/vendor/"
    done
    for file in "$fresh"/vendor/*.mjs; do
        sed -i -E "s#((from|import) *)[\"']preact[\"']#\1\"./preact.mjs\"#g; s#((from|import) *)[\"']preact/hooks[\"']#\1\"./hooks.mjs\"#g;
            s#((from|import) *)[\"']@preact/signals-core[\"']#\1\"./signals-core.mjs\"#g" "$file"
    done
    mv "$fresh/vendor/uPlot.iife.min.js" "$fresh/vendor/uplot.mjs"
    printf '\nexport default uPlot;\n' >>"$fresh/vendor/uplot.mjs"
    for package in preact htm @preact/signals @preact/signals-core uplot @picocss/pico; do
        text=$(find "$here/node_modules/$package" -maxdepth 1 -iname 'licen[cs]e*' | sort | head -n 1)
        [ -n "$text" ] || fail "$package has no licence text"
        printf '== %s %s\n\n' "$package" "$(sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$here/node_modules/$package/package.json")"
        cat "$text"
        echo
    done >"$fresh/vendor/LICENSES.txt"
}

# Browsers resolve no package names: what is left of them would fail on the page.
refuse_bare_imports() {
    statement="(^|[;}])(import|export)[^\"';]*from|^\}[[:space:]]*from|(^|[;}])import|import\("
    bare=$(find "$fresh" -name '*.*js' -exec grep -nEo "($statement)[[:space:]]*[\"'][^./\"'][^\"']*[\"']" {} + || true)
    [ -z "$bare" ] || fail "bare imports are left:
$bare"
}

# One object: the build, the paths that are pages, and each file with size and sum.
write_assets() {
    pages=$(node --input-type=module -e 'console.log(JSON.stringify((await import(process.argv[1])).routes.map((route) => route.path)))' "$PWD/$here/www/router.js")
    printf '{"build":"%s",\n"pages":%s,\n"files":[\n' "$1" "$pages"
    separator=
    (cd "$fresh" && find . -type f ! -name assets.json ! -name '*.gz' | sed 's#^\./##' | LC_ALL=C sort) | while read -r path; do
        printf '%s{"path":"%s","size":%s,"sha256":"%s"}' "$separator" "$path" "$(wc -c <"$fresh/$path")" "$(sha256sum <"$fresh/$path" | cut -c1-64)"
        separator=",
"
    done
    printf '\n]}\n'
}

case ${1:-} in
update)
    npm_do install
    # shellcheck disable=SC2086 # a list of names
    (cd "$here/node_modules" && sha256sum $vendor) >"$here/vendor.sha256"
    echo "portal: wrote $here/package-lock.json and $here/vendor.sha256; read the change before it is committed"
    exit 0
    ;;
'') ;;
*) fail "usage: build.sh [update]" ;;
esac

# Tests may build beside each other; the packages are installed once.
exec 9<"$here/package-lock.json"
flock 9
install_packages
flock -u 9
rm -rf "$fresh"
mkdir -p "$fresh"
cp -r "$here/www/." "$fresh/"
copy_vendor
refuse_bare_imports
build=$(cd "$fresh" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)
sed -i "s#/a/BUILD/#/a/$build/#g" "$fresh/index.html"
write_assets "$build" >"$fresh/assets.json"
find "$fresh" -type f ! -name assets.json -exec gzip -9nk {} +
rm -rf "$built"
mv "$fresh" "$built"
echo "portal: build $build in $built"
