//! Random programs that allocate, access and free.
//!
//! A program is a reactor with an allocator of its own, whose names the rewriter knows, four pointers to
//! blocks, a frame on the linear stack and some data. A *careful* program touches only what it may and
//! reads only what it wrote, so that it does the same under any allocator.

use arbitrary::{Result, Unstructured};
use std::fmt::Write;

/// Pointers, each in a global.
const POINTERS: u32 = 4;
/// Functions; each calls later ones only.
const FUNCTIONS: u32 = 3;
/// Statements of one function, so that no program takes long.
const STATEMENTS: u32 = 24;
/// Smallest block of a careful program: all its accesses lie there.
const SMALLEST: u32 = 64;

/// Loads and stores: before and behind the address, and bytes.
const ACCESSES: [(&str, &str, u32); 14] = [
    ("drop (i32.load8_u", "", 1),
    ("drop (i32.load16_s", "", 2),
    ("drop (i32.load", "", 4),
    ("drop (i64.load32_u", "", 4),
    ("drop (i64.load", "", 8),
    ("drop (f64.load", "", 8),
    ("drop (v128.load", "", 16),
    ("drop (v128.load64_splat", "", 8),
    ("block (i32.store8", "(i32.const 7)", 1),
    ("block (i32.store16", "(i32.const 77)", 2),
    ("block (i32.store", "(i32.const 777)", 4),
    ("block (i64.store", "(i64.const 7777)", 8),
    ("block (f32.store", "(f32.const 7)", 4),
    ("block (v128.store", "(v128.const i64x2 7 7)", 16),
];

/// A module.
pub(super) fn arbitrary(random: &mut Unstructured<'_>, careful: bool) -> Result<Vec<u8>> {
    let mut text = String::from(BEGINNING);
    for function in 0..FUNCTIONS {
        let frame = random.int_in_range(1..=8_u32)?.saturating_mul(16);
        let mut program = Program { random, careful, frame, left: STATEMENTS, counters: 0 };
        let mut body = String::new();
        program.statements(&mut body, function, 2)?;
        let counters = "i32 ".repeat(usize::try_from(program.counters).unwrap_or(0));
        let _ = write!(
            text,
            "(func $f{function} (param $at i32) (param $size i32)
                (local $sp i32) (local $p i32) (local {counters})
              (global.set $__stack_pointer
                (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const {frame}))))
              (memory.fill (local.get $sp) (i32.const 3) (i32.const {frame}))
              {body}
              (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const {frame}))))"
        );
    }
    text.push_str(END);
    Ok(wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// One function in the making.
struct Program<'r, 'd> {
    random: &'r mut Unstructured<'d>,
    careful: bool,
    /// Bytes of its frame.
    frame: u32,
    /// Statements that it may still have.
    left: u32,
    /// Loop counters so far: one local each, behind the named ones.
    counters: u32,
}

/// Parameters and named locals of a function.
const LOCALS: u32 = 4;

impl Program<'_, '_> {
    fn statements(&mut self, to: &mut String, function: u32, depth: u32) -> Result<()> {
        for _ in 0..self.random.int_in_range(1..=8)? {
            if self.left == 0 || self.random.is_empty() {
                break;
            }
            self.left = self.left.saturating_sub(1);
            self.statement(to, function, depth)?;
            to.push('\n');
        }
        Ok(())
    }

    fn statement(&mut self, to: &mut String, function: u32, depth: u32) -> Result<()> {
        let pointer = self.random.int_in_range(0..=POINTERS.saturating_sub(1))?;
        // Formatting into a string does not fail.
        let _ = match self.random.int_in_range(0..=if depth == 0 { 14 } else { 17 })? {
            0 | 1 => self.allocate(to, pointer)?,
            2 if self.careful => Ok(()),
            2 => write!(to, "(call $free (global.get $p{pointer}))"),
            3..=8 => self.accesses(to, pointer)?,
            9 => self.bulk(to, pointer)?,
            10 => self.emit(to, pointer)?,
            11 if self.careful => Ok(()),
            11 => {
                let other = self.random.int_in_range(0..=POINTERS.saturating_sub(1))?;
                let plus = self.random.int_in_range(-24..=24_i32)?;
                write!(
                    to,
                    "(global.set $p{pointer} (i32.add (global.get $p{other}) (i32.const {plus})))"
                )
            }
            12 if self.careful => Ok(()),
            12 => write!(to, "(drop (call $strlen (global.get $p{pointer})))"),
            13 => match function.saturating_add(1) {
                FUNCTIONS => write!(to, "(drop (memory.grow (i32.const 1)))"),
                next => write!(to, "(call $f{next} (local.get $at) (local.get $size))"),
            },
            14 if self.careful => Ok(()),
            // Where no compiler has it, in a function that does not put it back.
            14 => match self.random.int_in_range(0..=2)? {
                0 => write!(to, "(call $to (i32.const {}))", self.random.int_in_range(0..=66_000)?),
                1 => write!(to, "(call $to (global.get $p{pointer}))"),
                _ => write!(to, "(call $up (i32.const {}))", self.random.int_in_range(0..=600)?),
            },
            15 => {
                let mask = 1_u32 << self.random.int_in_range(0..=7)?;
                let _ = write!(
                    to,
                    "(if (i32.and (i32.load8_u (local.get $at)) (i32.const {mask})) (then "
                );
                self.statements(to, function, depth.saturating_sub(1))?;
                to.push_str(") (else ");
                self.statements(to, function, depth.saturating_sub(1))?;
                to.push_str("))");
                Ok(())
            }
            16 => {
                to.push_str("(block $out ");
                self.statements(to, function, depth.saturating_sub(1))?;
                to.push_str("(br_if $out (local.get $size)) ");
                self.statements(to, function, depth.saturating_sub(1))?;
                to.push(')');
                Ok(())
            }
            _ => {
                let counter = LOCALS.saturating_add(self.counters);
                self.counters = self.counters.saturating_add(1);
                let _ = write!(to, "(local.set {counter} (i32.const 2)) (loop $more ");
                self.statements(to, function, depth.saturating_sub(1))?;
                write!(
                    to,
                    "(br_if $more (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))"
                )
            }
        };
        Ok(())
    }

    fn allocate(&mut self, to: &mut String, pointer: u32) -> Result<std::fmt::Result> {
        let size = match self.random.int_in_range(0..=9)? {
            _ if self.careful => self.random.int_in_range(SMALLEST..=200)?,
            0..=6 => self.random.int_in_range(0..=100)?,
            7 | 8 => self.random.int_in_range(0..=3_000)?,
            _ => self.random.int_in_range(0..=70_000)?,
        };
        let how = match self.random.int_in_range(0..=5)? {
            0 | 1 => format!("(call $malloc (i32.const {size}))"),
            2 => format!("(call $calloc (i32.const 1) (i32.const {size}))"),
            3 => format!("(call $realloc (global.get $p{pointer}) (i32.const {size}))"),
            4 => {
                let align = 1_u32 << self.random.int_in_range(2..=9)?;
                format!("(call $memalign (i32.const {align}) (i32.const {size}))")
            }
            // The bytes that it had are written anew.
            _ => format!("(call $reallocarray (i32.const 0) (i32.const 1) (i32.const {size}))"),
        };
        Ok(write!(
            to,
            "(global.set $p{pointer} {how})
             (if (i32.eqz (global.get $p{pointer})) (then (unreachable)))
             (memory.fill (global.get $p{pointer}) (i32.const 5) (i32.const {size}))"
        ))
    }

    /// Some accesses relative to one address, so that lookups can be left out.
    fn accesses(&mut self, to: &mut String, pointer: u32) -> Result<std::fmt::Result> {
        let (base, room) = match self.random.int_in_range(0..=9)? {
            0..=5 => (format!("(global.get $p{pointer})"), SMALLEST),
            6 => ("(local.get $sp)".to_owned(), self.frame),
            7 => ("(global.get $__stack_pointer)".to_owned(), self.frame),
            8 => ("(i32.const 1024)".to_owned(), SMALLEST),
            _ if self.careful => ("(i32.const 1040)".to_owned(), 32),
            _ => ("(i32.const 0)".to_owned(), 2_000),
        };
        let _ = write!(to, "(local.set $p {base})");
        for _ in 0..self.random.int_in_range(1..=4)? {
            let (before, behind, bytes) = *self.random.choose(&ACCESSES)?;
            let align = 1_u32 << self.random.int_in_range(0..=bytes.ilog2())?;
            let inside = room.saturating_sub(bytes);
            // One in ten is near an end of what it may touch.
            let at = match self.random.int_in_range(0..=9)? {
                _ if self.careful => self.random.int_in_range(0..=inside)?,
                0 => self.random.int_in_range(0..=room.saturating_add(40))?,
                _ => self.random.int_in_range(0..=inside.min(24))?,
            };
            // Where the promise of alignment is broken, what is stopped depends on it.
            let align = if self.random.ratio(1_u8, 4_u8)? { align } else { 1 };
            let offset = self.random.int_in_range(0..=at)?;
            let plus = at.saturating_sub(offset);
            let _ = write!(
                to,
                "({before} offset={offset} align={align}
                    (i32.add (local.get $p) (i32.const {plus})) {behind}))"
            );
        }
        Ok(Ok(()))
    }

    fn bulk(&mut self, to: &mut String, pointer: u32) -> Result<std::fmt::Result> {
        let other = self.random.int_in_range(0..=POINTERS.saturating_sub(1))?;
        let most = if self.careful { SMALLEST } else { SMALLEST.saturating_add(8) };
        let length = self.random.int_in_range(0..=most)?;
        Ok(if self.random.arbitrary()? {
            write!(
                to,
                "(memory.copy (global.get $p{pointer}) (global.get $p{other}) (i32.const {length}))"
            )
        } else {
            write!(to, "(memory.fill (global.get $p{pointer}) (i32.const 9) (i32.const {length}))")
        })
    }

    fn emit(&mut self, to: &mut String, pointer: u32) -> Result<std::fmt::Result> {
        let most = if self.careful { SMALLEST } else { SMALLEST.saturating_add(8) };
        let length = self.random.int_in_range(0..=most)?;
        Ok(write!(to, "(call $emit (global.get $p{pointer}) (i32.const {length}))"))
    }
}

/// Everything but the functions of the program. The allocator only ever takes more.
const BEGINNING: &str = r#"(module
    (import "proofhouse" "emit" (func $emit (param i32 i32)))
    (memory (export "memory") 65)
    (data (i32.const 1024) "data that a program may read and write, of more than 64 bytes, as said")
    (global $__stack_pointer (mut i32) (i32.const 65536))
    (global $top (mut i32) (i32.const 65536))
    (global $p0 (mut i32) (i32.const 0)) (global $p1 (mut i32) (i32.const 0))
    (global $p2 (mut i32) (i32.const 0)) (global $p3 (mut i32) (i32.const 0))
    (func $take (param $align i32) (param $size i32) (result i32) (local $at i32)
      (if (i32.lt_u (local.get $align) (i32.const 16)) (then (local.set $align (i32.const 16))))
      (local.set $at (i32.and
        (i32.add (i32.add (global.get $top) (i32.const 16)) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.const 4259840)) (then (return (i32.const 0))))
      (i32.store (i32.sub (local.get $at) (i32.const 4)) (local.get $size))
      (local.get $at))
    (func $malloc (param i32) (result i32) (call $take (i32.const 16) (local.get 0)))
    (func $memalign (param i32 i32) (result i32) (call $take (local.get 0) (local.get 1)))
    (func $calloc (param i32 i32) (result i32)
      (call $take (i32.const 16) (i32.mul (local.get 0) (local.get 1))))
    (func $free (param i32))
    (func $realloc (param $p i32) (param $size i32) (result i32) (local $to i32) (local $had i32)
      (local.set $to (call $take (i32.const 16) (local.get $size)))
      (if (i32.and (i32.ne (local.get $p) (i32.const 0)) (i32.ne (local.get $to) (i32.const 0)))
        (then
          (local.set $had (i32.load (i32.sub (local.get $p) (i32.const 4))))
          (memory.copy (local.get $to) (local.get $p)
            (select (local.get $had) (local.get $size)
              (i32.lt_u (local.get $had) (local.get $size))))))
      (local.get $to))
    (func $reallocarray (param i32 i32 i32) (result i32)
      (call $realloc (local.get 0) (i32.mul (local.get 1) (local.get 2))))
    (func $to (param i32) (global.set $__stack_pointer (local.get 0)))
    (func $up (param i32)
      (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get 0))))
    (func $strlen (param $at i32) (result i32) (local $length i32)
      (drop (i32.and (i32.load (i32.const 1024)) (i32.const 0x80808080)))
      (block $end (loop $more
        (br_if $end (i32.eqz (i32.load8_u (i32.add (local.get $at) (local.get $length)))))
        (local.set $length (i32.add (local.get $length) (i32.const 1)))
        (br $more)))
      (local.get $length))
    (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
    (func (export "proofhouse_alloc") (param i32) (result i32) (call $malloc (local.get 0)))
    (func (export "proofhouse_evaluate") (param i32 i32) (result i32)
      (call $f1 (local.get 0) (local.get 1)) (i32.const 0))
"#;

/// All pointers point to blocks before anything else happens.
const END: &str = r#"
    (func (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
      (global.set $p0 (call $calloc (i32.const 64) (i32.const 1)))
      (global.set $p1 (call $calloc (i32.const 1) (i32.const 100)))
      (global.set $p2 (call $calloc (i32.const 1) (i32.const 64)))
      (global.set $p3 (call $calloc (i32.const 8) (i32.const 9)))
      (call $f0 (local.get $at) (local.get $size))
      (i32.const 0)))
"#;
