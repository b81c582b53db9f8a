/* diag_code.h - the codes of all plan errors, one table.
 *
 * Why: a code is what a user looks up; a test demands a golden case and an entry in
 * docs/diagnostics.md for each. A number is never used again for something else.
 * Source: docs/diagnostics.md.
 * Thread: any.  Memory: none. */
#pragma once

/* X(name, number, short title) */
#define DIAG_CODES(X)                                                                              \
    X(DIAG_YAML, 1, "not YAML")                                                                    \
    X(DIAG_EMPTY, 2, "empty plan")                                                                 \
    X(DIAG_TOO_BIG, 3, "too large or too deep")                                                    \
    X(DIAG_ENCODING, 4, "not UTF-8")                                                               \
    X(DIAG_CONTROL, 5, "control character")                                                        \
    X(DIAG_TAB, 6, "tab where YAML wants spaces")                                                  \
    X(DIAG_INDENT, 7, "indentation that does not fit")                                             \
    X(DIAG_QUOTE, 8, "quote that is not closed or not understood")                                 \
    X(DIAG_COLON, 9, "colon missing, or one too many")                                             \
    X(DIAG_BRACKET, 10, "bracket or brace that ends a value early")                                \
    X(DIAG_COMMA, 11, "comma that ends a value early")                                             \
    X(DIAG_BLOCK_TEXT, 12, "value that starts with > or |")                                        \
    X(DIAG_COMMENT, 13, "value cut by a comment")                                                  \
    X(DIAG_TAG, 14, "YAML tag")                                                                    \
    X(DIAG_MERGE, 15, "YAML merge key")                                                            \
    X(DIAG_DOCUMENTS, 16, "second YAML document")                                                  \
    X(DIAG_ALIAS, 17, "alias without its anchor")                                                  \
    X(DIAG_REPEATED_KEY, 18, "repeated key")                                                       \
    X(DIAG_KEY_SHAPE, 19, "key that is not text")                                                  \
    X(DIAG_UNKNOWN_KEY, 20, "unknown key")                                                         \
    X(DIAG_MISSING, 21, "missing key")                                                             \
    X(DIAG_SHAPE, 22, "list, map or text where another is wanted")                                 \
    X(DIAG_CONFLICT, 23, "keys that do not go together")                                           \
    X(DIAG_VERSION, 24, "version of the plan language")                                            \
    X(DIAG_UNIT, 25, "amount or its unit")                                                         \
    X(DIAG_NUMBER, 26, "number out of its range")                                                  \
    X(DIAG_CHOICE, 27, "not one of the words allowed")                                             \
    X(DIAG_NAME, 28, "name that cannot be used")                                                   \
    X(DIAG_NAME_CLASH, 29, "name given twice")                                                     \
    X(DIAG_UNKNOWN_NAME, 30, "name of nothing in the plan")                                        \
    X(DIAG_VARIABLE, 31, "variable not understood")                                                \
    X(DIAG_UNKNOWN_VARIABLE, 32, "unknown variable")                                               \
    X(DIAG_HOST, 33, "not to be had on this machine")                                              \
    X(DIAG_TARGET, 34, "target")                                                                   \
    X(DIAG_URL, 35, "address of a step")                                                           \
    X(DIAG_METHOD, 36, "method of a step")                                                         \
    X(DIAG_STEP_INDENT, 37, "address beside its method")                                           \
    X(DIAG_HEADER, 38, "header")                                                                   \
    X(DIAG_CHECK, 39, "check")                                                                     \
    X(DIAG_CHECK_MAP, 40, "check written as a key")                                                \
    X(DIAG_JSON_PATH, 41, "JSON path")                                                             \
    X(DIAG_REGEX, 42, "regular expression")                                                        \
    X(DIAG_CAPTURE, 43, "capture")                                                                 \
    X(DIAG_OBJECTIVE, 44, "objective")                                                             \
    X(DIAG_OBJECTIVE_MAP, 45, "objective written as a key")                                        \
    X(DIAG_METRIC, 46, "unknown metric")                                                           \
    X(DIAG_STAGE, 47, "stage that does not say enough")                                            \
    X(DIAG_FILE, 48, "file that cannot be read")                                                   \
    X(DIAG_CSV, 49, "CSV file")                                                                    \
    X(DIAG_DATA, 50, "rows of data")                                                               \
    X(DIAG_SERVICE, 51, "service")                                                                 \
    X(DIAG_SHELL, 52, "shell syntax in a command")                                                 \
    X(DIAG_SET, 53, "path of --set")                                                               \
    X(DIAG_ONLY, 54, "name of --only")                                                             \
    X(DIAG_TLS, 55, "certificates and keys")                                                       \
    X(DIAG_ADDRESS, 56, "address of a host")                                                       \
    X(DIAG_JSON_TEXT, 57, "JSON in quotes")

#define DIAG_CODE_ENUM(name, number, title) name = (number),
enum diag_code { DIAG_CODES(DIAG_CODE_ENUM) };
#undef DIAG_CODE_ENUM
