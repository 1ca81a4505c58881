# SPDX-License-Identifier: AGPL-3.0-or-later
# Turns sql/ into C so that the binaries are self-contained:
#     awk -v header=BUILD/gen/sql.h -f sql/embed.awk FILES > BUILD/gen/sql.c
# Migrations, functions, grants and reference tables become CH_SQL_FILES[] (include/commonhold/migrate.h), byte for byte.
# A query sql/queries/<role>/<name>.sql becomes `const struct ch_statement ch_sql_<role>_<name>`, without its comment
# lines; one of its leading comment lines says the shape: `-- shape: answer`, `-- shape: rows N` or `-- shape: none`.
# It is not an SQL parser: comments behind a statement's text on the same line stay.

function fail(message) {
    print "sql/embed.awk: " message | "cat 1>&2"
    failed = 1
    exit 1
}

function literal(text) {
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\"", text)
    gsub(/\t/, "\\t", text)
    gsub(/\r/, "\\r", text)
    return "    \"" text "\\n\"\n"
}

function below_sql(path) {
    sub(/^(.*\/)?sql\//, "", path)
    return path
}

# queries/<role>/<name>.sql -> <role>_<name>
function query_name(path, parts) {
    if (split(path, parts, "/") != 3 || path !~ /^queries\/[a-z][a-z0-9_]*\/[a-z][a-z0-9_]*\.sql$/)
        fail(path ": a query lives in queries/<role>/<name>.sql, in lower case")
    sub(/\.sql$/, "", parts[3])
    return parts[2] "_" parts[3]
}

function finish_query(    shape, columns) {
    columns = 0
    if (shape_text == "answer")
        shape = "CH_SHAPE_ANSWER"
    else if (shape_text == "none")
        shape = "CH_SHAPE_NONE"
    else if (shape_text ~ /^rows [1-9][0-9]*$/) {
        shape = "CH_SHAPE_ROWS"
        columns = substr(shape_text, 6) + 0
    } else
        fail(current ": a comment above the statement must say `-- shape: answer`, `-- shape: rows N` or `-- shape: none`")
    if (body == "")
        fail(current ": there is no statement in it")
    if (match(body, /;[ \t]*\\n"\n$/)) # not sub(): awks differ in how they read backslashes there
        body = substr(body, 1, RSTART - 1) "\\n\"\n"
    externs = externs "extern const struct ch_statement ch_sql_" query ";\n"
    statements = statements "\nconst struct ch_statement ch_sql_" query " = {\n    .name = \"" query "\",\n    .shape = " shape \
        ",\n    .columns = " columns ",\n    .read_only = true,\n    .text =\n" body "};\n"
}

function finish_file() {
    if (current == "")
        return
    if (query != "")
        finish_query()
    else {
        count++
        texts = texts "\n/* " current " */\nstatic const char text_" count "[] =\n" (body == "" ? "    \"\"" : body) ";\n"
        list = list "    {\"" current "\", text_" count ", sizeof(text_" count ") - 1},\n"
    }
}

FNR == 1 {
    finish_file()
    current = below_sql(FILENAME)
    query = current ~ /^queries\// ? query_name(current) : ""
    body = ""
    shape_text = ""
}

query != "" && /^[ \t]*--/ {
    if (body == "" && shape_text == "" && $0 ~ /^-- shape: /) {
        shape_text = substr($0, 11)
        sub(/[ \t\r]+$/, "", shape_text)
    }
    next
}
query != "" && /^[ \t]*$/ { next }
{ body = body literal($0) }

END {
    if (failed)
        exit 1
    finish_file()
    if (failed)
        exit 1
    if (header == "")
        fail("-v header=FILE is missing")
    notice = "/* SPDX-License-Identifier: AGPL-3.0-or-later */\n/* Generated from sql/ by sql/embed.awk. */"
    # print and not printf: an awk may limit what printf makes.
    print notice > header
    print "#ifndef COMMONHOLD_GEN_SQL_H\n#define COMMONHOLD_GEN_SQL_H\n" > header
    print "#include \"commonhold/db.h\"\n#include \"commonhold/migrate.h\"\n" > header
    print externs "\n#endif" > header
    close(header)
    print notice "\n#include \"gen/sql.h\""
    print texts
    print "const struct ch_sql_file CH_SQL_FILES[] = {\n" list "    {NULL, NULL, 0},\n};"
    print statements
}
