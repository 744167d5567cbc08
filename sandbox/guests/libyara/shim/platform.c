/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What libyara asks of an operating system, in place of its threading.c and filemap.c. */
#include <proofhouse.h>
#include <setjmp.h>
#include <yara.h>

_Noreturn void longjmp(jmp_buf environment, int value) {
    (void)environment;
    (void)value;
    proofhouse_say(PROOFHOUSE_LEVEL_ERROR, "libyara's lexer cannot go on: out of memory, or an error of its own");
    __builtin_trap();
}

/* One thread: every lock is free, and its storage is a table. */
enum { STORAGE_KEYS = 8 };
static void *storage[STORAGE_KEYS];
static YR_THREAD_STORAGE_KEY keys;

YR_THREAD_ID yr_current_thread_id(void) {
    return (YR_THREAD_ID)0;
}

int yr_mutex_create(YR_MUTEX *mutex) {
    (void)mutex;
    return ERROR_SUCCESS;
}

int yr_mutex_destroy(YR_MUTEX *mutex) {
    (void)mutex;
    return ERROR_SUCCESS;
}

int yr_mutex_lock(YR_MUTEX *mutex) {
    (void)mutex;
    return ERROR_SUCCESS;
}

int yr_mutex_unlock(YR_MUTEX *mutex) {
    (void)mutex;
    return ERROR_SUCCESS;
}

int yr_thread_storage_create(YR_THREAD_STORAGE_KEY *key) {
    if (keys == STORAGE_KEYS) {
        return ERROR_INTERNAL_FATAL_ERROR;
    }
    *key = keys++;
    return ERROR_SUCCESS;
}

int yr_thread_storage_destroy(YR_THREAD_STORAGE_KEY *key) {
    storage[*key] = NULL;
    return ERROR_SUCCESS;
}

int yr_thread_storage_set_value(YR_THREAD_STORAGE_KEY *key, void *value) {
    storage[*key] = value;
    return ERROR_SUCCESS;
}

void *yr_thread_storage_get_value(YR_THREAD_STORAGE_KEY *key) {
    return storage[*key];
}

/* There are no files. */
int yr_filemap_map(const char *path, YR_MAPPED_FILE *file) {
    (void)path;
    (void)file;
    return ERROR_COULD_NOT_OPEN_FILE;
}

int yr_filemap_map_fd(YR_FILE_DESCRIPTOR descriptor, uint64_t offset, size_t size, YR_MAPPED_FILE *file) {
    (void)descriptor;
    (void)offset;
    (void)size;
    (void)file;
    return ERROR_COULD_NOT_MAP_FILE;
}

int yr_filemap_map_ex(const char *path, uint64_t offset, size_t size, YR_MAPPED_FILE *file) {
    (void)offset;
    (void)size;
    return yr_filemap_map(path, file);
}

void yr_filemap_unmap(YR_MAPPED_FILE *file) {
    (void)file;
}

void yr_filemap_unmap_fd(YR_MAPPED_FILE *file) {
    (void)file;
}
