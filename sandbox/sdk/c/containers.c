/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * containers.c: what libc++ tells AddressSanitizer of its containers, for interpreters written in C++.
 *
 * In a build with -fsanitize=address, std::vector and std::deque say which part of their storage holds
 * elements, and the rest is poisoned: an access behind size() and before capacity() is then an error like
 * any other. The functions that they call are AddressSanitizer's runtime's; here they are made of the two
 * that the sandbox provides. Compile this file into every checked build of a C++ interpreter. In a release
 * build it is empty.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void __asan_poison_memory_region(const volatile void *start, size_t size);
void __asan_unpoison_memory_region(const volatile void *start, size_t size);

/* The elements are what may be accessed; before, between and behind them nothing may. */
static void annotate(const char *storage, const char *storage_end, const char *elements, const char *elements_end) {
    __asan_unpoison_memory_region(storage, (size_t)(storage_end - storage));
    if (elements == elements_end) {
        elements = elements_end = storage;
    }
    __asan_poison_memory_region(storage, (size_t)(elements - storage));
    __asan_poison_memory_region(elements_end, (size_t)(storage_end - elements_end));
}

void __sanitizer_annotate_contiguous_container(const void *storage, const void *storage_end, const void *old_end,
                                               const void *new_end) {
    (void)old_end;
    annotate((const char *)storage, (const char *)storage_end, (const char *)storage, (const char *)new_end);
}

void __sanitizer_annotate_double_ended_contiguous_container(const void *storage, const void *storage_end,
                                                            const void *old_start, const void *old_end,
                                                            const void *new_start, const void *new_end) {
    (void)old_start;
    (void)old_end;
    annotate((const char *)storage, (const char *)storage_end, (const char *)new_start, (const char *)new_end);
}

/* Only libc++'s own tests ask. */
int __sanitizer_verify_contiguous_container(const void *storage, const void *elements_end, const void *storage_end) {
    (void)storage, (void)elements_end, (void)storage_end;
    return 1;
}

int __sanitizer_verify_double_ended_contiguous_container(const void *storage, const void *start, const void *end,
                                                         const void *storage_end) {
    (void)storage, (void)start, (void)end, (void)storage_end;
    return 1;
}

#ifdef __cplusplus
}
#endif

#endif
#endif
