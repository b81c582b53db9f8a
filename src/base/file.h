/* file.h - whole files and folders: read, write so that no half file is ever seen, make, remove.
 *
 * Why: plans, results and private folders all want the same few careful steps, once.
 * Source: rename(2), mkdir(2), nftw(3).
 * Thread: any.  Memory: what is read goes into the caller's arena or array. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

/* All of the file, with a closing NUL behind it, copied into `arena`. More than `limit` bytes is an
 * error (ERR_IO, as all here). */
MUST_USE bool file_read(struct bytes *out, struct arena *arena, const char *path, size_t limit,
                        struct err *err);
/* Up to `size` bytes from `offset` on; the number read, 0 at the end or when it cannot be read. */
size_t file_read_at(const char *path, uint64_t offset, char *into, size_t size);
/* The last bytes of a file, up to out->size - 1; nothing when it cannot be read. */
void file_read_tail(struct text *out, const char *path);
/* Writes beside it (mode 0600), syncs, renames: readers see the old file or the new, never a part.
 */
MUST_USE bool file_write(const char *path, struct bytes content, struct err *err);
/* Makes the folder and those above it; new ones get mode 0700. Existing ones are left alone. */
MUST_USE bool file_make_folders(const char *path, struct err *err);
/* Makes one new folder, mode 0700; that it exists already is an error. */
MUST_USE bool file_make_private(const char *path, struct err *err);
/* Removes a folder and all in it; follows no link and leaves no file system. Only for folders that
 * file_make_private() made. */
MUST_USE bool file_remove_tree(const char *path, struct err *err);
/* Removes a folder if nothing is in it, else leaves it. */
void file_remove_empty(const char *path);
/* Whether it is there, of either kind. */
bool file_is_there(const char *path);
bool file_is_folder(const char *path);
