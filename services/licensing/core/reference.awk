# SPDX-License-Identifier: AGPL-3.0-or-later
# Turns sql/reference/purposes.csv and regions.csv into the C tables that core/purposes.h declares (core/purposes.c
# includes the result), so that the
# calculator and the database can never disagree about the tree: `awk -f reference.awk purposes.csv regions.csv`.
# The files are plain: no quoting, one comma between fields. Ancestor sets are computed here, once.

BEGIN { purposes = 0; regions = 0 }

function fail(text) {
    print "reference.awk: " text > "/dev/stderr"
    failed = 1
    exit 1
}

# Marks in anc[child, *] the code itself and everything above it, over every parent (a parent may come later in the file).
function climb(child, at, depth,    list, n, i) {
    if (depth > 63)
        fail("purpose " code[child] " descends from itself")
    anc[child, at] = 1
    n = split(parents[at], list, " ")
    for (i = 1; i <= n; i++) {
        if (!(list[i] in idx))
            fail("purpose " code[at] " has the parent " list[i] ", which is not in the file")
        climb(child, idx[list[i]], depth + 1)
    }
}

function bits(of, up,    i, text) {
    text = ""
    for (i = 0; i < purposes; i++)
        if (up ? ((of, i) in anc) : ((i, of) in anc))
            text = text (text == "" ? "" : " | ") "B(" i ")"
    return text
}

FNR == 1 { file++; next }
file == 1 {
    if (split($0, f, ",") != 7 || (f[1] in idx))
        fail("purposes.csv line " FNR " is not seven fields with a new code")
    code[purposes] = f[1]; parents[purposes] = f[2]; row[purposes] = $0
    idx[f[1]] = purposes
    purposes++
}
file == 2 {
    if (split($0, f, ",") != 2 || f[1] !~ /^[A-Z][A-Z]$/ || f[1] <= last)
        fail("regions.csv line " FNR " is not two fields with a code in rising order")
    last = f[1]
    region[regions] = f[1]; groups[regions++] = f[2]
}

END {
    if (failed)
        exit 1
    if (purposes == 0 || purposes > 63 || regions == 0)
        fail("1 to 63 purposes and some regions are needed")
    for (i = 0; i < purposes; i++)
        climb(i, i, 1)
    print "/* SPDX-License-Identifier: AGPL-3.0-or-later */"
    print "/* Made by services/licensing/core/reference.awk from sql/reference. */"
    print "#define B(n) (UINT64_C(1) << (n))\n"
    print "const struct ch_purpose ch_purposes[] = {"
    for (i = 0; i < purposes; i++) {
        split(row[i], f, ",")
        printf "    {\"%s\", \"%s\", %s, \"%s\", \"%s\", \"%s\", \"%s\",\n     %s,\n     %s},\n", f[1], f[2],
               f[3] == "yes" ? "true" : "false", f[4], f[5], f[6], f[7], bits(i, 1), bits(i, 0)
    }
    print "};\nconst size_t ch_purpose_count = " purposes ";\n"
    print "const struct ch_region ch_regions[] = {"
    for (i = 0; i < regions; i++)
        printf "    {\"%s\", \"%s\"},\n", region[i], groups[i]
    print "};\nconst size_t ch_region_count = " regions ";"
}
