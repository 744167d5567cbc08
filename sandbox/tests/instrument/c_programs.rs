//! Programs in C: each error is stopped as what it is, and what is allowed runs as it did.

use proofhouse_sandbox::instrument::{
    AccessKind, Cause, Checks, Family, Heap, HeapFound, Options, Place, Poison, Violation,
};

use super::c_compiler::{Compiler, LEVELS};
use super::guest::{Ended, Guest, PLENTY, Prepared};

/// What a program must be stopped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// An access to a redzone, so far from the block of `size` bytes.
    Redzone(AccessKind, u32, Place),
    /// An access inside a freed block of this size.
    Freed(AccessKind, u32),
    Wrong(AccessKind, Cause),
}

use AccessKind::{Free, Read, Resize, Write};
use Expected::{Freed, Redzone, Wrong};

const fn after(bytes: u32) -> Place {
    Place::After { bytes }
}

const fn before(bytes: u32) -> Place {
    Place::Before { bytes }
}

/// What `N` is in the corrected twin and in the program with the error, the program, and what stops it.
/// Pointers are volatile so that the optimiser cannot know where they point.
const PROGRAMS: &[(i32, i32, &str, Expected)] = &[
    (9, 10, "char *P p = malloc(10); return p[N];", Redzone(Read, 10, after(0))),
    (9, 25, "char *P p = malloc(10); return p[N];", Redzone(Read, 10, after(15))),
    (0, -1, "char *P p = malloc(10); return p[N];", Redzone(Read, 10, before(1))),
    (9, 10, "char *P p = malloc(10); p[N] = 1; return 0;", Redzone(Write, 10, after(0))),
    (0, -16, "char *P p = malloc(10); p[N] = 1; return 0;", Redzone(Write, 10, before(16))),
    (19, 20, "int *P p = calloc(20, 4); return p[N];", Redzone(Read, 80, after(0))),
    (
        0,
        3,
        "int *P p = malloc(6); return *(int *)((char *)p + N % 3) + (N ? p[1] : 0);",
        Redzone(Read, 6, after(0)),
    ),
    (99, 100, "double *P p = malloc(800); p[N] = 1; return 0;", Redzone(Write, 800, after(0))),
    (
        49_999,
        50_000,
        "char *P p = malloc(50000); p[N] = 1; return 0;",
        Redzone(Write, 50_000, after(0)),
    ),
    (0, 1, "char *P p = malloc(10), *P q = p; if (N) free(q); return p[5];", Freed(Read, 10)),
    (
        0,
        1,
        "char *P p = malloc(10), *P q = p; if (N) free(q); p[0] = 2; return 0;",
        Freed(Write, 10),
    ),
    (
        0,
        1,
        "char *P p = malloc(10), *P q = realloc(p, 100); return (N ? p : q)[0];",
        Freed(Read, 10),
    ),
    (
        0,
        1,
        "char *P p = malloc(200000), *P q = p; if (N) free(q); return p[100];",
        Freed(Read, 200_000),
    ),
    (
        0,
        1,
        "char *P p = malloc(10), *P q = p; free(p); if (N) free(q); return 0;",
        Wrong(Free, Cause::AlreadyFreed),
    ),
    (0, 1, "char *P p = malloc(10); free(p + N); return 0;", Wrong(Free, Cause::NotABlock)),
    (0, 16, "char *P p = malloc(100); free(p + N); return 0;", Wrong(Free, Cause::NotABlock)),
    (
        0,
        1,
        "static char s[32]; char *P p = s; if (N) free(p); return 0;",
        Wrong(Free, Cause::NotABlock),
    ),
    (0, 1, "char s[32]; char *P p = s; if (N) free(p); return 0;", Wrong(Free, Cause::NotABlock)),
    (
        0,
        1,
        "char *P p = malloc(10), *P q = p; if (N) free(q); p = realloc(p, 20); return !p;",
        Wrong(Resize, Cause::AlreadyFreed),
    ),
    (
        0,
        8,
        "char *P p = malloc(100); p = realloc(p + N, 20); return !p;",
        Wrong(Resize, Cause::NotABlock),
    ),
    (
        9,
        10,
        "char *P p = malloc(10); for (int i = 0; i <= N; i++) p[i] = i; return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (10, 11, "char *P p = malloc(10); memset(p, 1, N); return 0;", Redzone(Write, 10, after(0))),
    (
        10,
        11,
        "char *P p = malloc(10), b[20] = {0}; memcpy(p, b, N); return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (
        10,
        11,
        "char *P p = malloc(10), b[20]; memcpy(b, p, N); return b[3];",
        Redzone(Read, 10, after(0)),
    ),
    (
        10,
        300,
        "char *P p = malloc(10), b[400]; memmove(b, p, N); return b[3];",
        Redzone(Read, 10, after(0)),
    ),
    (
        10,
        11,
        "char *P p = malloc(10), b[20] = {0}; return memcmp(p, b, N) + (memset(p, 0, 10), memcmp(p, b, N));",
        Redzone(Read, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10), b[40]; memset(b, 'a', 40); b[N] = 0; strcpy(p, b); return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10), b[40]; memset(b, 'a', 40); b[N] = 0; stpcpy(p, b); return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (
        10,
        11,
        "char *P p = malloc(10); strncpy(p, \"abc\", N); return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (
        4,
        5,
        "char *P p = malloc(10); strcpy(p, \"12345\"); char b[6] = {0}; memset(b, 'x', N); strcat(p, b); return 0;",
        Redzone(Write, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10); memset(p, 'a', 10); if (N < 10) p[N] = 0; return strlen(p);",
        Redzone(Read, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10); memset(p, 'a', 10); if (N < 10) p[N] = 0; return !strchr(p, 'z');",
        Redzone(Read, 10, after(0)),
    ),
    (
        10,
        11,
        "char *P p = malloc(10); memset(p, 'a', 10); return !memchr(p, 'z', N);",
        Redzone(Read, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10), *q; memset(p, 'a', 10); if (N < 10) p[N] = 0; q = strdup(p); return *q;",
        Redzone(Read, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10); memset(p, 'a', 10); if (N < 10) p[N] = 0; return strcmp(p, \"aaaaaaaaaaa\");",
        Redzone(Read, 10, after(0)),
    ),
    (
        9,
        10,
        "char *P p = malloc(10), b[40]; memset(p, 'a', 10); if (N < 10) p[N] = 0; return snprintf(b, 40, \"%s\", p);",
        Redzone(Read, 10, after(0)),
    ),
    (
        10,
        11,
        "char *P p = malloc(10); return snprintf(p, N, \"%s\", \"0123456789abc\");",
        Redzone(Write, 10, after(0)),
    ),
];

fn source() -> String {
    let mut text = String::from(
        "#include <stdlib.h>\n#include <string.h>\n#include <stdio.h>\n#define P volatile\n",
    );
    for (number, (_, _, body, _)) in PROGRAMS.iter().enumerate() {
        let head = format!("__attribute__((export_name(\"p{number}\"))) int p{number}(int n)");
        text.push_str(&head);
        text.push_str(" { volatile int v = n;\n#define N v\n");
        text.push_str(body);
        text.push_str("\n}\n#undef N\n");
    }
    text
}

fn initialized(module: &Prepared) -> Guest {
    let mut guest = module.start_with_idle_imports();
    guest.run("_initialize", &[]);
    guest
}

fn start(module: &[u8], options: Options) -> Guest {
    initialized(&Prepared::new(module, options))
}

fn check(guest: &mut Guest, found: &Violation, expected: Expected) -> bool {
    let object = |guest: &mut Guest, first| guest.near(first).first().copied();
    match (expected, found.cause) {
        (Redzone(kind, size, place), Cause::Poisoned { first, poison }) => {
            let near = object(guest, first).unwrap();
            (found.kind, poison) == (kind, Some(Poison::HEAP_REDZONE))
                && (near.object.size, near.place) == (size, place)
        }
        (Freed(kind, size), Cause::Poisoned { first, poison }) => {
            let near = object(guest, first).unwrap();
            (found.kind, poison) == (kind, Some(Poison::HEAP_FREED))
                && near.object.size == size
                && near.object.freed.is_some()
                && matches!(near.place, Place::Inside { .. })
        }
        (Wrong(kind, cause), found_cause) => (found.kind, found_cause) == (kind, cause),
        _ => false,
    }
}

#[test]
fn every_error_is_stopped_as_what_it_is_and_its_twin_is_not() {
    for compiler in Compiler::all() {
        let mut missed = Vec::new();
        for level in LEVELS {
            let module = compiler.reactor("errors", &source(), &[level]);
            for checks in [Checks::Fast, Checks::Exact] {
                let module = Prepared::new(&module, Options::default().checks(checks));
                for (number, (good, bad, body, expected)) in PROGRAMS.iter().enumerate() {
                    let name = format!("p{number}");
                    let mut guest = initialized(&module);
                    let ended = guest.call_i32(&name, &[good.cast_unsigned()]);
                    if !matches!(ended, Ended::Returned(_)) {
                        missed.push(format!("{level} {checks:?} twin of {body}: {ended:?}"));
                    }
                    let mut guest = initialized(&module);
                    let ended = guest.call_i32(&name, &[bad.cast_unsigned()]);
                    let is_right = match &ended {
                        Ended::Violated(found) => check(&mut guest, found, *expected),
                        _ => false,
                    };
                    if !is_right {
                        missed.push(format!("{level} {checks:?} {body}: {ended:?}"));
                    }
                }
            }
        }
        assert!(missed.is_empty(), "{}", missed.join("\n"));
    }
}

#[test]
fn what_is_allowed_runs_as_it_did_and_costs_the_same_fuel() {
    for compiler in Compiler::all() {
        for level in LEVELS {
            let module = compiler.reactor("stress", include_str!("c/stress.c"), &[level]);
            let mut results = Vec::new();
            for options in [
                Options::default().checks(Checks::Off),
                Options::default(),
                Options::default().checks(Checks::Exact),
                Options::default().heap(Heap::Off),
            ] {
                let mut guest = start(&module, options);
                guest.set_fuel(PLENTY);
                let hash = guest.run("run", &[2]);
                results.push((hash, PLENTY - guest.fuel()));
            }
            assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{level} {results:?}");
        }
    }
}

#[test]
fn the_allocator_of_this_libc_is_recognised() {
    for compiler in Compiler::all() {
        for level in LEVELS {
            let module = compiler.reactor("stress", include_str!("c/stress.c"), &[level]);
            let summary = start(&module, Options::default()).instrumented.summary;
            let Some(HeapFound::Replaced { family, functions }) = summary.heap else {
                panic!("{:?}", summary.heap)
            };
            assert!(matches!(family, Family::Libc | Family::Zig), "{family:?}");
            assert!(functions.len() >= 5, "{functions:?}");
            // Those of zig's own read byte by byte.
            let words = if family == Family::Libc { 4 } else { 0 };
            assert!(summary.words.len() >= words, "{:?}", summary.words);
        }
    }
}

#[test]
fn other_layouts_and_fills_give_the_same_result() {
    use proofhouse_sandbox::instrument::interface;
    for compiler in Compiler::all() {
        let module = compiler.reactor("stress", include_str!("c/stress.c"), &["-O1"]);
        let mut results = Vec::new();
        for variant in 0..4u32 {
            let mut guest = start(&module, Options::default());
            guest.set(interface::FILL_HEAP, [0, 0x100, 0x1a5, 0x1ff][variant as usize]);
            guest.set(interface::HEAP_SPACING, variant * 40);
            guest.set(interface::HEAP_SEED, variant);
            guest.set(interface::QUARANTINE_LIMIT, if variant == 3 { 0 } else { 1 << 20 });
            let hash = guest.run("run", &[2]);
            results.push((hash, guest.fuel()));
        }
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
    }
}
