//! Each check, and a program that is stopped with it and is not without it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use super::{Check, REMOVED, Removed};
use crate::limits::{Limits, THREAD_STACK_BYTES};
use crate::stack_profile::StackProfile;
use crate::{
    Compilation, Job, MemoryErrorKind, Outcome, Resource, Run, Sandbox, Sanitize, Stack, Variant,
};
use Check::{
    BulkCall, BulkDestination, BulkSource, CallDepth, Constant, FuelOfBulk, FuelOfCall, FuelOfLoop,
    Grow, HostConstant, HostPointer, LinearStack, Mark, NullPage, Ordinary, Overlap, Partial,
    Regions, Texts, Unaligned, UnalignedEnd, Wide, WideStart, Word,
};
use MemoryErrorKind::{
    AllocDeallocMismatch, BadFree, DoubleFree, DynamicStackBufferOverflow, GlobalBufferOverflow,
    HeapBufferOverflow, HeapUseAfterFree, MemcpyParamOverlap, NegativeSizeParam,
    NewDeleteTypeMismatch, NullDereference, StackBufferOverflow, StackUseAfterReturn,
    StrcpyParamOverlap, UseAfterPoison, WriteToConstant,
};
use Removed::{Inserted, Runtime};
use std::thread;

/// How a program is stopped.
#[derive(Clone, Copy)]
enum Stopped {
    Memory(MemoryErrorKind),
    Stack(Stack),
    MemoryLimit,
    /// Before it said anything.
    Fuel,
}

/// What a program is, and how it is run.
#[derive(Clone, Copy)]
enum Program {
    /// With `$malloc`, `$free` and `$strlen`, under small limits.
    Plain(&'static str),
    /// The same, with calls to AddressSanitizer's runtime.
    Layout(&'static str),
    /// The first one as a variant that fills its frames.
    Filled(&'static str),
}

/// The rows of the table: a name, what is taken away, how the program is stopped with it, the program.
macro_rules! rows {
    ($($name:ident: $removed:expr, $stopped:expr, $program:expr;)*) => {
        const ROWS: &[(&str, Removed)] = &[$((stringify!($name), $removed)),*];
        $(
            #[test]
            fn $name() {
                needs($removed, $stopped, $program);
            }
        )*
    };
}

rows! {
    lookup_of_an_aligned_access: Inserted(Ordinary), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load offset=16 (call $malloc (i32.const 16))))");
    lookup_of_a_store: Inserted(Ordinary), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(i64.store offset=16 (call $malloc (i32.const 16)) (i64.const 1))");
    lookup_of_the_last_bytes_of_a_block: Inserted(Partial), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load8_u offset=13 (call $malloc (i32.const 13))))");
    lookup_of_an_unaligned_access: Inserted(Unaligned), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load offset=16 align=1 (call $malloc (i32.const 16))))");
    lookup_of_its_second_granule: Inserted(UnalignedEnd), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load offset=14 align=1 (call $malloc (i32.const 16))))");
    lookup_of_sixteen_bytes: Inserted(Wide), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (v128.load offset=16 (call $malloc (i32.const 16))))");
    lookup_of_their_first_granule: Inserted(WideStart), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (v128.load (i32.sub (call $malloc (i32.const 16)) (i32.const 8))))");
    check_of_a_frames_mark: Inserted(Mark), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(call $f2 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 8192) (i32.const 0x41B58AB3))");
    check_of_what_is_copied: Inserted(BulkSource), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(memory.copy
            (i32.const 8192) (call $malloc (i32.const 16)) (i32.const 17))");
    check_of_where_it_is_copied_to: Inserted(BulkDestination), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(memory.copy
            (call $malloc (i32.const 16)) (i32.const 8192) (i32.const 17))");
    check_of_what_is_filled: Inserted(BulkDestination), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(memory.fill
            (call $malloc (i32.const 16)) (i32.const 7) (i32.const 17))");
    check_of_a_call_that_fills: Inserted(BulkCall), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(call $f2 (i32.const 1025) (i32.const 1))
            (drop (call $memset (i32.const 8192) (i32.const 1) (i32.const 9)))");
    check_of_ranges_that_overlap: Inserted(Overlap), Stopped::Memory(MemcpyParamOverlap),
        Program::Layout("(drop (call $memcpy
            (i32.const 8192) (i32.const 8196) (i32.const 8)))");
    lookup_of_an_array_cookie: Inserted(Word), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(call $f2 (i32.const 1024) (i32.const 1))
            (drop (call $cookie (i32.const 8192)))");
    check_of_regions_that_are_read: Inserted(Regions), Stopped::Memory(HeapBufferOverflow),
        Program::Layout("(drop (call $memcmp
            (i32.const 8192) (call $malloc (i32.const 16)) (i32.const 17)))");
    check_of_a_text_that_is_copied: Inserted(Texts), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $strncat (i32.const 9000) (i32.const 9012) (i32.const 4)))");
    poison_of_the_null_page: Inserted(NullPage), Stopped::Memory(NullDereference),
        Program::Plain("(drop (i32.load offset=8 (i32.const 0)))");
    limit_of_the_linear_stack: Inserted(LinearStack), Stopped::Stack(Stack::Linear),
        Program::Plain("(global.set $__stack_pointer (i32.const 40000))");
    limit_of_nested_calls: Inserted(CallDepth), Stopped::Stack(Stack::Calls),
        Program::Plain("(call $deep (i32.const 2000))");
    fuel_of_a_loop: Inserted(FuelOfLoop), Stopped::Fuel,
        Program::Plain("(local $i i32)
            (loop $more (br_if $more (i32.lt_u
                (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
            (call $message (i32.const 3) (i32.const 9000) (i32.const 1))");
    fuel_of_calls: Inserted(FuelOfCall), Stopped::Fuel,
        Program::Plain("(call $thousand) (call $message (i32.const 3) (i32.const 9000) (i32.const 1))");
    fuel_of_a_bulk_instruction: Inserted(FuelOfBulk), Stopped::Fuel,
        Program::Plain("(memory.fill (i32.const 8192) (i32.const 0) (i32.const 50000))
            (call $message (i32.const 3) (i32.const 9000) (i32.const 1))");
    limit_of_the_guests_own_pages: Inserted(Grow), Stopped::MemoryLimit,
        Program::Plain("(drop (memory.grow (i32.const 20)))");
    check_of_a_store_to_a_constant: Inserted(Constant), Stopped::Memory(WriteToConstant),
        Program::Layout("(i32.store8 offset=9103 (local.get $size) (i32.const 1))");
    check_of_a_store_that_ends_in_one: Inserted(Constant), Stopped::Memory(WriteToConstant),
        Program::Layout("(i64.store offset=9095 (local.get $size) (i64.const 1))
            (i64.store offset=9091 (local.get $size) (i64.const 1))");
    check_of_a_store_to_its_address: Inserted(Constant), Stopped::Memory(WriteToConstant),
        Program::Layout("(i32.store8 (i32.const 9099) (i32.const 1))
            (i32.store8 (i32.const 9112) (i32.const 1))
            (i32.store8 (i32.const 9111) (i32.const 1))");
    check_of_what_the_host_writes: Inserted(HostConstant), Stopped::Memory(WriteToConstant),
        Program::Layout("(drop (call $clock (i32.const 1) (i64.const 0) (i32.const 9104)))");
    check_of_a_pointer_for_the_host: Inserted(HostPointer), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(call $emit (call $malloc (i32.const 16)) (i32.const 17))");

    runtime_check_access: Runtime("check_access"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load offset=16 align=1 (call $malloc (i32.const 16))))");
    runtime_check_range: Runtime("check_range"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(memory.fill
            (call $malloc (i32.const 16)) (i32.const 7) (i32.const 17))");
    runtime_check_overlap: Runtime("check_overlap"), Stopped::Memory(MemcpyParamOverlap),
        Program::Layout("(drop (call $memcpy
            (i32.const 8196) (i32.const 8192) (i32.const 8)))");
    runtime_check_change: Runtime("check_change"), Stopped::Memory(WriteToConstant),
        Program::Layout("(drop (call $stpcpy (i32.const 9090) (i32.const 9000)))");
    runtime_has_constants: Runtime("has_constants"), Stopped::Memory(WriteToConstant),
        Program::Layout("(memory.fill (i32.const 9092) (i32.const 7) (i32.const 8))
            (memory.fill (i32.const 9108) (i32.const 7) (i32.const 0))
            (memory.fill (i32.const 9092) (i32.const 7) (i32.const 9))");
    runtime_stpcpy_apart: Runtime("stpcpy_apart"), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $stpcpy (i32.const 9003) (i32.const 9000)))");
    runtime_stpncpy_apart: Runtime("stpncpy_apart"), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $stpncpy
            (i32.const 9000) (i32.const 9008) (i32.const 20)))");
    runtime_be_apart: Runtime("be_apart"), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $stpcpy (i32.const 9000) (i32.const 9020)))
            (drop (call $stpncpy (i32.const 9000) (i32.const 9004) (i32.const 4)))
            (drop (call $stpncpy (i32.const 9000) (i32.const 9004) (i32.const 5)))");
    runtime_reads_all: Runtime("reads_all"), Stopped::Memory(NegativeSizeParam),
        Program::Layout("(drop (call $memcmp
            (i32.const 8192) (i32.const 9000) (i32.const -1)))");
    runtime_copies_apart: Runtime("copies_apart"), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $strncpy (i32.const 9000) (i32.const 9004) (i32.const 4)))
            (drop (call $strncpy (i32.const 9000) (i32.const 9004) (i32.const 5)))");
    runtime_appends_apart: Runtime("appends_apart"), Stopped::Memory(StrcpyParamOverlap),
        Program::Layout("(drop (call $strncat (i32.const 9000) (i32.const 9020) (i32.const 4)))
            (drop (call $strncat (i32.const 8200) (i32.const 9000) (i32.const 4)))
            (drop (call $strncat (i32.const 9012) (i32.const 9000) (i32.const 12)))
            (drop (call $strncat (i32.const 9012) (i32.const 9000) (i32.const 13)))");
    runtime_suspect_range: Runtime("suspect_range"), Stopped::Memory(NegativeSizeParam),
        Program::Plain("(memory.fill (i32.const 8192) (i32.const 7) (i32.const -1))");
    runtime_is_poisoned: Runtime("is_poisoned"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(memory.fill
            (call $malloc (i32.const 16)) (i32.const 7) (i32.const 17))");
    runtime_check_bytes: Runtime("check_bytes"), Stopped::Memory(NullDereference),
        Program::Plain("(drop (call $posix_memalign
            (i32.const 8) (i32.const 16) (i32.const 16)))");
    runtime_may_read: Runtime("may_read"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (call $strlen (call $text (i32.const 16))))");
    runtime_may_write: Runtime("may_write"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (call $stpcpy (call $malloc (i32.const 8)) (i32.const 9000)))");
    runtime_stop_with: Runtime("stop_with"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (call $strlen (call $text (i32.const 16))))");
    runtime_live_of_a_double_free: Runtime("live"), Stopped::Memory(DoubleFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (call $free (local.get $p)) (call $free (local.get $p))");
    runtime_live_of_a_wrong_free: Runtime("live"), Stopped::Memory(BadFree),
        Program::Plain("(call $free (i32.const 8192))");
    runtime_live_of_a_freed_block_that_grows: Runtime("live"), Stopped::Memory(DoubleFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (call $free (local.get $p))
            (drop (call $realloc (local.get $p) (i32.const 32)))");
    runtime_live_of_the_size_of_a_freed_block: Runtime("live"), Stopped::Memory(HeapUseAfterFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (call $free (local.get $p))
            (drop (call $malloc_usable_size (local.get $p)))");
    runtime_paint: Runtime("paint"), Stopped::Memory(HeapUseAfterFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (call $free (local.get $p)) (drop (i32.load (local.get $p)))");
    runtime_allocate: Runtime("allocate"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 13)))
            (if (local.get $p) (then (drop (i32.load8_u offset=13 (local.get $p)))))");
    runtime_cut_chunk: Runtime("cut_chunk"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (if (local.get $p) (then (drop (i32.load8_u offset=16 (local.get $p)))))");
    runtime_redzone: Runtime("redzone"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (call $malloc (i32.const 32)))
            (drop (i32.load8_u (i32.sub (call $malloc (i32.const 32)) (i32.const 1))))");
    runtime_reallocate: Runtime("reallocate"), Stopped::Memory(HeapUseAfterFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (drop (call $realloc (local.get $p) (i32.const 8)))
            (drop (i32.load (local.get $p)))");
    runtime_grow: Runtime("grow"), Stopped::MemoryLimit,
        Program::Plain("(drop (memory.grow (i32.const 20)))");
    runtime_free: Runtime("free"), Stopped::Memory(HeapUseAfterFree),
        Program::Plain("(local $p i32) (local.set $p (call $malloc (i32.const 16)))
            (call $free (local.get $p)) (drop (i32.load (local.get $p)))");
    runtime_paint_around: Runtime("paint_around"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load8_u offset=40000 (call $malloc (i32.const 40000))))");
    runtime_paint_behind: Runtime("paint_behind"), Stopped::Memory(HeapBufferOverflow),
        Program::Plain("(drop (i32.load8_u offset=40000 (call $malloc (i32.const 40000))))");
    runtime_judge_limit: Runtime("judge_limit"), Stopped::MemoryLimit,
        Program::Plain("(drop (call $malloc (i32.const 2000000)))");
    runtime_over_limit: Runtime("over_limit"), Stopped::Stack(Stack::Linear),
        Program::Filled("(global.set $__stack_pointer (i32.const 40000))");
    runtime_check_mark: Runtime("check_mark"), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(call $f2 (i32.const 1024) (i32.const 1))
            (i32.store (i32.const 8192) (i32.const 0x41B58AB3))");
    runtime_set_shadow: Runtime("set_shadow"), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(call $f2 (i32.const 1024) (local.get $size))
            (drop (i32.load (i32.const 8192)))");
    runtime_poison_region: Runtime("poison_region"), Stopped::Memory(UseAfterPoison),
        Program::Layout("(call $poison (i32.const 8192) (i32.const 8))
            (drop (i32.load (i32.const 8192)))");
    runtime_alloca_poison: Runtime("alloca_poison"), Stopped::Memory(DynamicStackBufferOverflow),
        Program::Layout("(call $alloca (i32.const 8192) (i32.const 32))
            (drop (i32.load (i32.const 8224)))");
    runtime_set_partial: Runtime("set_partial"), Stopped::Memory(DynamicStackBufferOverflow),
        Program::Layout("(call $alloca (i32.const 8192) (i32.const 33))
            (drop (i32.load8_u (i32.const 8226)))");
    runtime_keep_before: Runtime("keep_before"), Stopped::Memory(UseAfterPoison),
        Program::Layout("(call $poison (i32.const 8196) (i32.const 12))
            (drop (i32.load8_u (i32.const 8197)))");
    runtime_cxx_made: Runtime("cxx_made"), Stopped::Memory(AllocDeallocMismatch),
        Program::Layout("(call $_ZdaPv (call $_Znwm (i32.const 16)))");
    runtime_cxx_frees: Runtime("cxx_frees"), Stopped::Memory(NewDeleteTypeMismatch),
        Program::Layout("(call $_ZdlPvm (call $_Znwm (i32.const 16)) (i32.const 8))");
    runtime_live_record: Runtime("live_record"), Stopped::Memory(AllocDeallocMismatch),
        Program::Layout("(call $_ZdlPv (call $_Znam (i32.const 16)))");
    runtime_judge_maker: Runtime("judge_maker"), Stopped::Memory(AllocDeallocMismatch),
        Program::Layout("(call $free (call $_Znwm (i32.const 16)))");
    runtime_stack_malloc: Runtime("stack_malloc"), Stopped::Memory(StackBufferOverflow),
        Program::Layout("(local $frame i32)
            (local.set $frame (call $frame (i32.const 40)))
            (if (local.get $frame) (then (drop (i32.load8_u offset=40 (local.get $frame)))))");
    runtime_stack_free: Runtime("stack_free"), Stopped::Memory(StackUseAfterReturn),
        Program::Layout("(local $frame i32)
            (local.set $frame (call $frame (i32.const 64)))
            (call $unframe (local.get $frame) (i32.const 64))
            (drop (i32.load (local.get $frame)))");
    runtime_register_globals: Runtime("register_globals"), Stopped::Memory(GlobalBufferOverflow),
        Program::Layout("(i32.store (i32.const 8192) (i32.const 10240))
            (i32.store (i32.const 8196) (i32.const 8)) (i32.store (i32.const 8200) (i32.const 32))
            (call $globals (i32.const 8192) (i32.const 1))
            (drop (i32.load (i32.const 10248)))");
    runtime_register_elf_globals: Runtime("register_elf_globals"),
        Stopped::Memory(GlobalBufferOverflow),
        Program::Layout("(i32.store (i32.const 8192) (i32.const 10240))
            (i32.store (i32.const 8196) (i32.const 8)) (i32.store (i32.const 8200) (i32.const 32))
            (call $elf_globals (i32.const 8300) (i32.const 8192) (i32.const 8224))
            (drop (i32.load (i32.const 10248)))");
}

/// Functions of the runtime that neither decide nor poison: they answer the guest, find or keep things, take
/// poison away, copy, or pass on to others.
const HELPERS: &[&str] = &[
    "address_is_poisoned",
    "alignment",
    "allocas_unpoison",
    "allocate_zero",
    "calloc",
    "class_frames",
    "class_notes",
    "class_start",
    "clear",
    "copy",
    "enter_records",
    "enter_slot",
    "entry",
    "evict_first",
    "extend",
    "find",
    "get_allocated_size",
    "get_ownership",
    "give_pages",
    "give_records",
    "give_slot",
    "has_entries",
    "link_pages",
    "looked_at",
    "malloc",
    "malloc_usable_size",
    "memalign",
    "memccpy",
    "memchr",
    "new_pages",
    "posix_memalign",
    "realloc",
    "reallocarray",
    "record",
    "region_is_poisoned",
    "rust_alloc",
    "rust_alloc_zeroed",
    "rust_dealloc",
    "rust_realloc",
    "shadow_of",
    "stpcpy",
    "stpncpy",
    "strchrnul",
    "strlcpy",
    "strlen",
    "strnlen",
    "take_pages",
    "take_records",
    "take_slot",
    "take_some_pages",
    "unpoison_region",
    "used_pages",
    "zero_bytes",
];

/// Nor is a function of the runtime: a new one has a row, or is said to need none.
#[test]
fn every_function_of_the_runtime_has_a_row_or_needs_none() {
    let in_table = |name: &'static str| ROWS.iter().any(|(_, removed)| *removed == Runtime(name));
    let runtime = crate::instrument::link::Runtime::read(true, false).unwrap();
    let names: std::collections::BTreeSet<_> = runtime.function_names().collect();
    assert!(names.len() > 50, "{names:?}");
    for name in &names {
        let (row, helper) = (in_table(name), HELPERS.contains(name));
        assert!(row != helper, "{name}: {}", if row { "a row, too" } else { "neither" });
    }
    let gone: Vec<_> = HELPERS.iter().filter(|name| !names.contains(**name)).collect();
    assert!(gone.is_empty(), "there are no such functions: {gone:?}");
}

/// Nothing that can be taken away is without a row.
#[test]
fn every_check_is_in_the_table() {
    let in_table = |wanted: Check| ROWS.iter().any(|(_, removed)| *removed == Inserted(wanted));
    let all = [
        Ordinary,
        Partial,
        Unaligned,
        UnalignedEnd,
        Wide,
        WideStart,
        Mark,
        BulkSource,
        BulkDestination,
        BulkCall,
        Overlap,
        Regions,
        Texts,
        Word,
        NullPage,
        LinearStack,
        CallDepth,
        FuelOfLoop,
        FuelOfCall,
        FuelOfBulk,
        Grow,
        HostPointer,
        Constant,
        HostConstant,
    ];
    for check in all {
        // Does this match miss a case, then the list above does too.
        match check {
            Ordinary | Partial | Unaligned | UnalignedEnd | Wide | WideStart | Mark
            | BulkSource | BulkDestination | BulkCall | Overlap | Regions | Texts | Word
            | NullPage | LinearStack | CallDepth | FuelOfLoop | FuelOfCall | FuelOfBulk | Grow
            | HostPointer | Constant | HostConstant => {}
        }
        assert!(in_table(check), "{check:?}");
    }
}

/// A program is stopped with a check, and not in that way without it.
fn needs(removed: Removed, stopped: Stopped, program: Program) {
    let with = run(None, program);
    assert!(stopped.is(&with), "with all checks: {:?}", with.outcome);
    let without = run(Some(removed), program);
    assert!(!stopped.is(&without), "without {removed:?}: {:?}", without.outcome);
}

impl Stopped {
    fn is(self, run: &Run) -> bool {
        match (self, &run.outcome) {
            (Self::Memory(kind), Outcome::Trapped { memory: Some(memory), .. }) => {
                memory.error == kind
            }
            (Self::Stack(stack), Outcome::StackExhausted { stack: found, .. }) => stack == *found,
            (Self::MemoryLimit, Outcome::OutOfMemory { resource, .. }) => {
                *resource == Resource::Memory
            }
            (Self::Fuel, Outcome::OutOfFuel { .. }) => run.messages.is_empty(),
            _ => false,
        }
    }
}

/// Fuel of one call: the programs above need less, if they are not meant to run out of it.
const FUEL: u64 = 20_000;
/// Memory: less than one program asks for.
const MEMORY_BYTES: u64 = 1 << 20;

/// Compiles and runs on a thread of its own, so that nothing is taken away anywhere else.
fn run(removed: Option<Removed>, program: Program) -> Run {
    let work = move || {
        REMOVED.set(removed);
        let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
        let mut limits = Limits::default();
        (limits.fuel, limits.memory_bytes) = (FUEL, MEMORY_BYTES);
        limits.stack = StackProfile::Kernel;
        let wasm = wat::parse_str(text(program)).unwrap();
        let interpreter = sandbox
            .interpreter(wasm, &limits, Sanitize::On)
            .unwrap_or_else(|error| panic!("{:?}", error.outcome));
        let variant = match program {
            Program::Plain(_) | Program::Layout(_) => Variant::Base,
            Program::Filled(_) => Variant::Fill(0xa5),
        };
        let job = Job {
            content: b"x",
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        interpreter.run_variant(&job, variant)
    };
    let thread = thread::Builder::new().stack_size(THREAD_STACK_BYTES).spawn(work).unwrap();
    thread.join().unwrap()
}

/// What programs of a layout import.
const IMPORTS: &str = r#"
    (import "env" "__asan_set_shadow_f1" (func $f1 (param i32 i32)))
    (import "wasi_snapshot_preview1" "clock_time_get"
      (func $clock (param i32 i64 i32) (result i32)))
    (import "env" "__asan_set_shadow_f2" (func $f2 (param i32 i32)))
    (import "env" "__asan_memset" (func $memset (param i32 i32 i32) (result i32)))
    (import "env" "__asan_memcpy" (func $memcpy (param i32 i32 i32) (result i32)))
    (import "env" "__asan_load_cxx_array_cookie" (func $cookie (param i32) (result i32)))
    (import "env" "__asan_poison_memory_region" (func $poison (param i32 i32)))
    (import "env" "__asan_alloca_poison" (func $alloca (param i32 i32)))
    (import "env" "__asan_stack_malloc_always_0" (func $frame (param i32) (result i32)))
    (import "env" "__asan_stack_free_0" (func $unframe (param i32 i32)))
    (import "env" "__asan_register_globals" (func $globals (param i32 i32)))
    (import "env" "__asan_register_elf_globals" (func $elf_globals (param i32 i32 i32)))"#;

fn text(program: Program) -> String {
    let (imports, load) = match program {
        Program::Plain(load) | Program::Filled(load) => ("", load),
        Program::Layout(load) => (IMPORTS, load),
    };
    include_str!("program.wat").replace("IMPORTS", imports).replace("LOAD", load)
}
