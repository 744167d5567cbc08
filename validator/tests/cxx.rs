//! C++ and C that jumps, as real compilers build them: what has no place in the sandbox is refused with what
//! to do instead, by the compiler or when the module is opened, and what libc++ knows of its containers is
//! used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::program::Program;
use tempfile::TempDir;

/// An interpreter but for `load`.
const AROUND: &str = r#"
#include "proofhouse.h"
static char buffer[64];
int32_t proofhouse_abi_version(void) { return 1; }
void *proofhouse_alloc(uint32_t size) { return size <= sizeof buffer ? buffer : 0; }
int32_t proofhouse_evaluate(const void *event, uint32_t size) { return event != 0 && size > 0; }
"#;

const THROWS: &str = r"
__attribute__((noinline)) static void fail(int code) { throw code; }
int32_t proofhouse_load(const void *content, uint32_t) {
    try {
        if (*static_cast<const char *>(content) == '!') fail(7);
    } catch (int code) {
        return code;
    }
    return 0;
}
";

const JUMPS: &str = r"
typedef int jmp_buf[48];
int setjmp(jmp_buf);
_Noreturn void longjmp(jmp_buf, int);
static jmp_buf place;
__attribute__((noinline)) static void fail(int code) { longjmp(place, code); }
int32_t proofhouse_load(const void *content, uint32_t size) {
    int code = setjmp(place);
    if (code == 0 && size > 0 && *(const char *)content == '!') fail(7);
    return code;
}
";

/// Reads behind the elements of a vector, where its storage still is.
const BEHIND: &str = r"
#include <vector>
__attribute__((noinline)) static int element(const int *elements, int n) { return elements[n]; }
int32_t proofhouse_load(const void *content, uint32_t) {
    std::vector<int> elements;
    elements.reserve(16);
    elements.push_back(1);
    const int n = *static_cast<const char *>(content) == '!' ? 9 : 0;
    return element(elements.data(), n) == 12345;
}
";

/// Frees what it made by other means, or as another type. The first letter of the content says what.
const FREES: &str = r#"
#include <cstdlib>
#include <new>
#include <optional>
struct Base { int kind; };
struct Derived : Base { long long more[4]; };
struct alignas(64) Wide { char bytes[64]; };
__attribute__((noinline)) static void *kept(void *block) { asm volatile("" : "+r"(block)); return block; }
int32_t proofhouse_load(const void *content, uint32_t) {
    switch (*static_cast<const char *>(content)) {
    case 'a': delete static_cast<int *>(kept(new int[3])); break;
    case 'b': delete[] static_cast<int *>(kept(new int)); break;
    case 'c': std::free(kept(new int)); break;
    case 'd': delete static_cast<int *>(kept(std::malloc(4))); break;
    case 'e': delete static_cast<Base *>(kept(static_cast<Base *>(new Derived))); break;
    case 'f': ::operator delete(kept(new Wide)); break;
    case 'g': kept(std::realloc(kept(new int), 8)); break;
    case 'h': {
        std::optional<int> nothing;
        return **static_cast<std::optional<int> *>(kept(&nothing)) == 7;
    }
    default:
        delete static_cast<Derived *>(kept(new Derived));
        delete[] static_cast<int *>(kept(new int[3]));
        delete[] static_cast<char *>(kept(new char[0]));
        delete static_cast<Wide *>(kept(new Wide));
        delete static_cast<int *>(kept(new (std::nothrow) int));
        ::operator delete(kept(::operator new(5)));
        std::free(kept(std::malloc(4)));
    }
    return 0;
}
"#;

/// Those of some that are the program's own and go on to C's: what is inlined frees what the library made, or the
/// other way round.
const SOME_OPERATORS: [&str; 4] = [
    // All that the program calls; the library calls the first, too.
    "void *operator new(std::size_t size) { made++; return std::malloc(size); }
    void operator delete(void *block) noexcept { made--; std::free(block); }
    void operator delete(void *block, std::size_t) noexcept { made--; std::free(block); }",
    // The library's with a size calls the program's.
    "void *operator new(std::size_t size) { return std::malloc(size); }
    void operator delete(void *block) noexcept { std::free(block); }",
    "void *operator new[](std::size_t size) { return std::malloc(size); }
    void operator delete[](void *block) noexcept { std::free(block); }",
    "void *operator new(std::size_t size, std::align_val_t to) { return std::aligned_alloc(std::size_t(to), size); }
    void operator delete(void *block, std::align_val_t) noexcept { std::free(block); }",
];

/// What uses all of them.
const USES_OPERATORS: &str = r#"
struct Named { std::string name = "longer than what fits in a string itself"; };
struct alignas(64) Wide { char bytes[64]; };
int32_t proofhouse_load(const void *, uint32_t size) {
    delete new int;
    Named *volatile named = new Named[size];
    delete[] named;
    Wide *volatile wide = new Wide;
    delete wide;
    std::string text("short");
    for (uint32_t i = 0; i < size; i++) text += "long enough to be on the heap";
    return made > 100;
}
"#;

/// What fails in libc++ in two places of one function, and an array that it has as one of one.
const ASSERTS: &str = r"
#include <bitset>
#include <memory>
#include <optional>
volatile int seen;
int32_t proofhouse_load(const void *content, uint32_t size) {
    std::optional<int> nothing;
    std::bitset<10> bits;
    auto shared = std::make_shared<int[]>(20);
    shared[size + 10] = 1;
    if (size > 5) nothing = 4, bits.set(3);
    switch (*static_cast<const char *>(content)) {
    case 'a': seen = *nothing; break;
    case 'b': seen = bits[size + 40]; break;
    }
    return 0;
}
";

/// Operators of the program's own, with a size before each block.
const OWN_OPERATORS: &str = r#"
#include <cstdlib>
#include <new>
void *operator new(std::size_t size) {
    std::size_t *block = static_cast<std::size_t *>(std::malloc(size + 16));
    *block = size;
    return reinterpret_cast<char *>(block) + 16;
}
void operator delete(void *block) noexcept { if (block) std::free(static_cast<char *>(block) - 16); }
void operator delete(void *block, std::size_t) noexcept { operator delete(block); }
void *operator new[](std::size_t size) { return std::malloc(size + 1); }
void operator delete[](void *block) noexcept { std::free(block); }
void operator delete[](void *block, std::size_t) noexcept { std::free(block); }
__attribute__((noinline)) static void *kept(void *block) { asm volatile("" : "+r"(block)); return block; }
int32_t proofhouse_load(const void *, uint32_t) {
    delete static_cast<int *>(kept(new int));
    delete[] static_cast<int *>(kept(new int[3]));
    return 0;
}
"#;

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/sdk").canonicalize().unwrap()
}

/// What `toolchain.sh` answers.
fn toolchain(profile: &str) -> HashMap<String, String> {
    let mut command = Command::new(sdk().join("toolchain.sh"));
    let output = command.args(["--cxx", "--profile", profile]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}(`.ci/bootstrap` installs what is needed)");
    let answer = String::from_utf8(output.stdout).unwrap();
    let pairs = answer.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Compiles an interpreter in a folder. Undefined symbols become imports if `undefined` says so.
///
/// # Errors
/// The compiler's words.
fn compile(
    folder: &Path,
    file: &str,
    load: &str,
    profile: &str,
    undefined: bool,
    more: &[&str],
) -> Result<PathBuf, String> {
    let answer = toolchain(profile);
    let flags = if Path::new(file).extension().is_some_and(|extension| extension == "cpp") {
        "CXXFLAGS"
    } else {
        "CFLAGS"
    };
    fs::write(folder.join(file), format!("{AROUND}{load}")).unwrap();
    let module = folder.join("guest.wasm");
    let mut command = Command::new(&answer["WASM_CC"]);
    command.args(answer[flags].split(' ')).args(answer["LDFLAGS"].split_whitespace()).args(more);
    if undefined {
        let zig = answer["WASM_KIND"] == "zig";
        command.arg(if zig { "-Wl,--import-symbols" } else { "-Wl,--allow-undefined" });
    }
    command.arg("-mexec-model=reactor").arg(format!("-I{}", sdk().join("c").display()));
    if profile != "release" && flags == "CXXFLAGS" {
        command.arg(sdk().join("c/containers.c"));
    }
    let output = command.arg(file).arg("-o").arg(&module).current_dir(folder).output().unwrap();
    if output.status.success() {
        Ok(module)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Checks content with the module in a folder. Returns the exit code and the report.
fn check(folder: &Path, content: &str) -> (Option<i32>, String) {
    fs::write(folder.join("content"), content).unwrap();
    let ended = Program::new(folder).args(["check", "-i", "guest.wasm", "content"]).run();
    (ended.code, String::from_utf8_lossy(&ended.stdout).into_owned())
}

/// Asserts that a module is refused when it is opened, with that advice.
#[track_caller]
fn refused(file: &str, load: &str, more: &[&str], advice: &str) {
    let folder = TempDir::new().unwrap();
    compile(folder.path(), file, load, "release", true, more).unwrap();
    let (code, report) = check(folder.path(), "anything");
    assert_eq!(code, Some(3), "{report}");
    assert!(report.contains("interpreter-unusable") && report.contains(advice), "{report}");
}

#[test]
fn a_throw_does_not_compile() {
    let folder = TempDir::new().unwrap();
    let said = compile(folder.path(), "guest.cpp", THROWS, "release", false, &[]).unwrap_err();
    assert!(said.contains("exceptions disabled") && said.contains("guest.cpp:"), "{said}");
}

#[test]
fn exceptions_that_were_linked_all_the_same_are_refused() {
    refused("guest.cpp", THROWS, &["-fexceptions"], "compile with -fno-exceptions");
}

#[test]
fn jumps_do_not_link_and_are_refused() {
    let folder = TempDir::new().unwrap();
    let said = compile(folder.path(), "guest.c", JUMPS, "release", false, &[]).unwrap_err();
    assert!(said.contains("undefined symbol: setjmp"), "{said}");
    refused("guest.c", JUMPS, &[], "setjmp and longjmp are built on WebAssembly exceptions");
}

/// With the extension of WebAssembly. zig's linker takes no tags that nobody defines, and so links neither.
#[test]
fn exceptions_of_webassembly_are_refused() {
    if toolchain("release")["WASM_KIND"] == "zig" {
        let folder = TempDir::new().unwrap();
        let sjlj = ["-mllvm", "-wasm-enable-sjlj", "-mexception-handling"];
        assert!(compile(folder.path(), "guest.c", JUMPS, "release", true, &sjlj).is_err());
        return;
    }
    let advice = "compile with -fno-exceptions";
    refused("guest.cpp", THROWS, &["-fexceptions", "-fwasm-exceptions"], advice);
    let sjlj = ["-mllvm", "-wasm-enable-sjlj", "-mexception-handling"];
    refused("guest.c", JUMPS, &sjlj, "setjmp and longjmp are built on WebAssembly exceptions");
}

#[test]
fn an_access_behind_the_elements_of_a_vector_is_found_in_checked_builds() {
    let folder = TempDir::new().unwrap();
    for profile in ["release", "checked-O0", "checked-O1"] {
        compile(folder.path(), "guest.cpp", BEHIND, profile, false, &[]).unwrap();
        assert_eq!(check(folder.path(), "fine").0, Some(0), "{profile}");
        let (code, report) = check(folder.path(), "!");
        if profile == "release" {
            // The storage is one block of the heap.
            assert_eq!(code, Some(0), "{report}");
        } else {
            assert_eq!(code, Some(1), "{report}");
            assert!(report.contains("use-after-poison: read of 4 bytes"), "{report}");
            assert!(report.contains("at element"), "{report}");
        }
    }
}

#[test]
fn a_block_that_is_freed_as_what_it_is_not_is_found_in_checked_builds() {
    let folder = TempDir::new().unwrap();
    for profile in ["checked-O0", "checked-O1"] {
        compile(folder.path(), "guest.cpp", FREES, profile, false, &[]).unwrap();
        let (code, report) = check(folder.path(), "none of them");
        assert_eq!(code, Some(0), "{profile}: {report}");
        for (content, expected) in [
            ("a", "alloc-dealloc-mismatch: free of"),
            ("b", "alloc-dealloc-mismatch: free of"),
            ("c", "alloc-dealloc-mismatch: free of"),
            ("d", "alloc-dealloc-mismatch: free of"),
            ("e", "new-delete-type-mismatch: free of"),
            ("f", "new-delete-type-mismatch: free of"),
            ("g", "alloc-dealloc-mismatch: free of"),
            ("h", "called on a disengaged value"),
        ] {
            let (code, report) = check(folder.path(), content);
            assert_eq!(code, Some(1), "{profile} {content}: {report}");
            assert!(report.contains(expected), "{profile} {content}: {report}");
            let is_block =
                !expected.contains("mismatch") || report.contains("into a heap block of");
            assert!(is_block, "{profile} {content}: {report}");
            let sizes = " as 4 bytes, 0 bytes into a heap block of 40 bytes";
            assert!(content != "e" || report.contains(sizes), "{profile} {content}: {report}");
            assert!(
                report.contains("at proofhouse_load  ") && report.contains("guest.cpp:"),
                "{profile} {content}: {report}"
            );
        }
    }
}

#[test]
fn what_libcxx_asserts_is_told_with_its_place_in_checked_builds() {
    let folder = TempDir::new().unwrap();
    for profile in ["checked-O0", "checked-O1"] {
        compile(folder.path(), "guest.cpp", ASSERTS, profile, false, &["-std=c++20"]).unwrap();
        let (code, report) = check(folder.path(), "none");
        assert_eq!(code, Some(0), "{profile}: {report}");
        for (content, said, line) in
            [("a", "called on a disengaged value", 19), ("b", "index out of bounds", 20)]
        {
            let (code, report) = check(folder.path(), content);
            assert_eq!(code, Some(1), "{profile} {content}: {report}");
            assert!(report.contains(said), "{profile} {content}: {report}");
            assert!(report.contains(&format!("guest.cpp:{line}")), "{profile} {content}: {report}");
        }
    }
}

#[test]
fn operators_of_the_programs_own_may_do_as_they_like() {
    let folder = TempDir::new().unwrap();
    for profile in ["checked-O0", "checked-O1"] {
        compile(folder.path(), "guest.cpp", OWN_OPERATORS, profile, false, &[]).unwrap();
        let (code, report) = check(folder.path(), "anything");
        assert_eq!(code, Some(0), "{profile}: {report}");
        for operators in SOME_OPERATORS {
            let source = format!(
                "#include <cstdlib>\n#include <new>\n#include <string>\nint made;\n{operators}\n{USES_OPERATORS}"
            );
            compile(folder.path(), "guest.cpp", &source, profile, false, &[]).unwrap();
            let (code, report) = check(folder.path(), "anything");
            assert_eq!(code, Some(0), "{profile}: {operators}: {report}");
        }
    }
}
