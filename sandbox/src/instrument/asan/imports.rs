//! The functions of AddressSanitizer's runtime that compiled code calls.
//!
//! Names and types are those of LLVM's compiler-rt (`asan_interface_internal.h`), for a 32-bit target:
//! all parameters and results are `i32`.

use super::super::bulk::Bulk;

/// A function that the sandbox knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AsanImport {
    /// Its name, in the module [`MODULE`](super::MODULE).
    pub name: String,
    /// Number of its parameters, all of type `i32`.
    pub parameters: u32,
    /// Whether it has a result, of type `i32`.
    pub result: bool,
    /// What it is to the rewriter.
    pub(super) meaning: Meaning,
}

/// What one of the functions does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing that is needed here. A result is 0.
    Nothing,
    /// Sets the shadow of granules to this byte.
    SetShadow(u8),
    /// Moves memory as a bulk instruction does, and gives the destination.
    Moves(Bulk),
    /// Copies memory between ranges that may not overlap, and gives the destination.
    Copies,
    /// Reads the word at its address.
    Reads,
    /// All frames on the stack are about to be left.
    NoReturn,
    /// Poisons or unpoisons, and nothing else: without checks it is not needed.
    Shadow(Runtime),
    /// Is needed with checks and without them.
    Always(Runtime),
    /// Is called by code with checks of its own, which look for their shadow in guest memory.
    InlinedCheck,
    /// Is called if a variable says so that no module of the guest defines.
    UseAfterReturnAtRunTime,
}

/// A function of our own runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runtime {
    /// The name it is exported under.
    pub(super) name: &'static str,
    /// An argument behind those that the guest gives.
    pub(super) extra: Option<i32>,
    /// Whether it takes as long as its last argument says, which then costs fuel.
    pub(super) by_length: bool,
}

/// Largest class of fake frames.
const LAST_CLASS: i32 = 10;

/// Poison of what the guest itself poisoned.
const USER_POISONED: i32 = 0xf7;
/// Poison of a variable whose scope was left.
const AFTER_SCOPE: i32 = 0xf8;

/// All functions that the sandbox knows. Those that are there to be refused are among them.
pub fn imports() -> Vec<AsanImport> {
    let mut all = Vec::new();
    checks(&mut all);
    shadow(&mut all);
    stack(&mut all);
    globals(&mut all);
    memory(&mut all);
    interface(&mut all);
    all
}

fn add(all: &mut Vec<AsanImport>, name: &str, parameters: u32, result: bool, meaning: Meaning) {
    add_as(all, &format!("__asan_{name}"), parameters, result, meaning);
}

fn add_as(all: &mut Vec<AsanImport>, name: &str, parameters: u32, result: bool, meaning: Meaning) {
    all.push(AsanImport { name: name.to_owned(), parameters, result, meaning });
}

const fn runtime(name: &'static str) -> Runtime {
    Runtime { name, extra: None, by_length: false }
}

const fn by_length(name: &'static str) -> Runtime {
    Runtime { by_length: true, ..runtime(name) }
}

const fn with(name: &'static str, extra: i32) -> Runtime {
    Runtime { extra: Some(extra), ..runtime(name) }
}

/// Checks before accesses, and reports after checks that the compiler inlined.
fn checks(all: &mut Vec<AsanImport>) {
    for kind in ["load", "store"] {
        for after in ["", "_noabort"] {
            for size in ["1", "2", "4", "8", "16"] {
                add(all, &format!("{kind}{size}{after}"), 1, false, Meaning::Nothing);
                add(all, &format!("report_{kind}{size}{after}"), 1, false, Meaning::InlinedCheck);
            }
            add(all, &format!("{kind}N{after}"), 2, false, Meaning::Nothing);
            add(all, &format!("report_{kind}_n{after}"), 2, false, Meaning::InlinedCheck);
        }
        for size in ["1", "2", "4", "8", "16"] {
            add(all, &format!("exp_{kind}{size}"), 2, false, Meaning::Nothing);
            add(all, &format!("report_exp_{kind}{size}"), 2, false, Meaning::InlinedCheck);
        }
        add(all, &format!("exp_{kind}N"), 3, false, Meaning::Nothing);
        add(all, &format!("report_exp_{kind}_n"), 3, false, Meaning::InlinedCheck);
    }
}

fn shadow(all: &mut Vec<AsanImport>) {
    for byte in [0, 1, 2, 3, 4, 5, 6, 7, 0xf1, 0xf2, 0xf3, 0xf5, 0xf8] {
        add(all, &format!("set_shadow_{byte:02x}"), 2, false, Meaning::SetShadow(byte));
    }
    let poison = |byte| Runtime { extra: Some(byte), ..by_length("poison_region") };
    let unpoison = Meaning::Shadow(by_length("unpoison_region"));
    add(all, "poison_memory_region", 2, false, Meaning::Shadow(poison(USER_POISONED)));
    add(all, "unpoison_memory_region", 2, false, unpoison);
    add(all, "poison_stack_memory", 2, false, Meaning::Shadow(poison(AFTER_SCOPE)));
    add(all, "unpoison_stack_memory", 2, false, unpoison);
    let is_poisoned = Meaning::Shadow(runtime("address_is_poisoned"));
    add(all, "address_is_poisoned", 1, true, is_poisoned);
    let first_poisoned = Meaning::Shadow(by_length("region_is_poisoned"));
    add(all, "region_is_poisoned", 2, true, first_poisoned);
}

fn stack(all: &mut Vec<AsanImport>) {
    for class in 0..=LAST_CLASS {
        let malloc = Meaning::Always(with("stack_malloc", class));
        let free = Meaning::Always(with("stack_free", class));
        let at_run_time = Meaning::UseAfterReturnAtRunTime;
        add(all, &format!("stack_malloc_{class}"), 1, true, at_run_time);
        add(all, &format!("stack_malloc_always_{class}"), 1, true, malloc);
        add(all, &format!("stack_free_{class}"), 2, false, free);
    }
    add(all, "alloca_poison", 2, false, Meaning::Shadow(runtime("alloca_poison")));
    add(all, "allocas_unpoison", 2, false, Meaning::Shadow(runtime("allocas_unpoison")));
    add(all, "handle_no_return", 0, false, Meaning::NoReturn);
    // Where there is "no fake stack", no address is in it.
    add(all, "get_current_fake_stack", 0, true, Meaning::Nothing);
    add(all, "addr_is_in_fake_stack", 4, true, Meaning::Nothing);
}

fn globals(all: &mut Vec<AsanImport>) {
    add(all, "init", 0, false, Meaning::Nothing);
    add(all, "version_mismatch_check_v8", 0, false, Meaning::Nothing);
    let register = Meaning::Shadow(runtime("register_globals"));
    add(all, "register_globals", 2, false, register);
    let register = Meaning::Shadow(runtime("register_elf_globals"));
    add(all, "register_elf_globals", 3, false, register);
    // Nothing else ever takes the place of a global, so its redzone may stay.
    add(all, "unregister_globals", 2, false, Meaning::Nothing);
    add(all, "unregister_elf_globals", 3, false, Meaning::Nothing);
    add(all, "before_dynamic_init", 1, false, Meaning::Nothing);
    add(all, "after_dynamic_init", 0, false, Meaning::Nothing);
}

fn memory(all: &mut Vec<AsanImport>) {
    add(all, "memcpy", 3, true, Meaning::Copies);
    add(all, "memmove", 3, true, Meaning::Moves(Bulk::MemoryCopy));
    add(all, "memset", 3, true, Meaning::Moves(Bulk::MemoryFill));
    // On 32-bit targets the number of elements before an array of C++ objects has no redzone.
    add(all, "poison_cxx_array_cookie", 1, false, Meaning::Nothing);
    add(all, "load_cxx_array_cookie", 1, true, Meaning::Reads);
}

/// What programs call by hand, from `asan_interface.h`, `lsan_interface.h`, `allocator_interface.h` and
/// `common_interface_defs.h`. A report is the sandbox's, so that whatever is to happen with one never does; leaks
/// are not looked for.
fn interface(all: &mut Vec<AsanImport>) {
    const NOTHING: [(&str, u32, bool); 25] = [
        ("__asan_describe_address", 1, false),
        ("__asan_get_alloc_stack", 4, true),
        ("__asan_get_free_stack", 4, true),
        ("__asan_get_report_access_size", 0, true),
        ("__asan_get_report_access_type", 0, true),
        ("__asan_get_report_address", 0, true),
        ("__asan_get_report_bp", 0, true),
        ("__asan_get_report_pc", 0, true),
        ("__asan_get_report_sp", 0, true),
        ("__asan_print_accumulated_stats", 0, false),
        ("__asan_report_present", 0, true),
        ("__asan_set_death_callback", 1, false),
        ("__asan_set_error_exit_code", 1, true),
        ("__asan_set_error_report_callback", 1, false),
        ("__lsan_disable", 0, false),
        ("__lsan_do_leak_check", 0, false),
        ("__lsan_do_recoverable_leak_check", 0, true),
        ("__lsan_enable", 0, false),
        ("__lsan_ignore_object", 1, false),
        ("__lsan_register_root_region", 2, false),
        ("__lsan_unregister_root_region", 2, false),
        ("__sanitizer_print_stack_trace", 0, false),
        ("__sanitizer_set_death_callback", 1, false),
        ("__sanitizer_set_report_fd", 1, false),
        ("__sanitizer_set_report_path", 1, false),
    ];
    for (name, parameters, result) in NOTHING {
        add_as(all, name, parameters, result, Meaning::Nothing);
    }
    for (name, function) in [
        ("__sanitizer_get_ownership", "get_ownership"),
        ("__sanitizer_get_allocated_size", "get_allocated_size"),
    ] {
        add_as(all, name, 1, true, Meaning::Shadow(runtime(function)));
    }
}
