//! Prices of functions whose work is known.
//!
//! | function | fuel |
//! |---|---|
//! | of an allocator | [`ALLOCATOR_CALL`], and for those that clear or copy 1 for each byte that was asked for |
//! | of libc, that reads words | [`WORDS_CALL`], and 1 for each byte that the result or the length tells of; a result that is larger than the memory tells of none |
//! | of libc, whose regions are looked at in whole | the same, by their length |
//!
//! Such a function costs that much and nothing else, whatever runs inside it. While an original one runs,
//! it is *lent* fuel, so that it never runs out of it where its stand-in would not; what it was lent is
//! taken back when it returns, with what it used.
//!
//! What remains is what a program does with addresses themselves, by comparing or hashing them: blocks lie
//! elsewhere where the heap is checked.

use wasm_encoder::{InstructionSink, ValType};

/// Fuel for a call of `malloc` or `free`: about what dlmalloc's cost.
pub(in super::super) const ALLOCATOR_CALL: i64 = 64;
/// Fuel for a call of a function that reads words.
pub(in super::super) const WORDS_CALL: i64 = 8;

/// Fuel that an original function is lent, beside [`LENT_PER_FUEL`]. More than any allocator needs; one
/// that needs more runs out of fuel.
const LENT: i64 = 1 << 24;
/// Fuel that it is lent for each of its price: loops over bytes cost some instructions a byte.
const LENT_PER_FUEL: i64 = 32;

/// Index of the guest's memory.
const GUEST: u32 = 0;
/// Bytes of its pages, as a power of two.
const PAGE_LOG2: i64 = 16;

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Price {
    /// Fuel for every call.
    pub(in super::super) call: i64,
    /// Fuel by what it was given, or gave.
    pub(in super::super) bytes: Bytes,
}

/// Where the number of bytes shows that a function works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Bytes {
    /// Nowhere: it does not count.
    None,
    /// This parameter.
    Parameter(u32),
    /// The product of these two; if it has more than 32 bits, there are none.
    Product(u32, u32),
    /// The result.
    Result,
    /// The result's distance from this parameter; if it is null, the other parameter.
    Distance {
        /// The parameter that the result is counted from.
        from: u32,
        /// The parameter that counts if the result is null.
        otherwise: Option<u32>,
    },
}

/// Leaves how many bytes a result tells of, as far as that can be: no function walked over more than the
/// memory has. Where it has more with the heap's pages, no true result is that large.
fn possible<'s>(insert: &mut InstructionSink<'s>, bytes: impl Fn(&mut InstructionSink<'s>)) {
    bytes(insert);
    insert.i64_extend_i32_u().i64_const(0);
    bytes(insert);
    insert.i64_extend_i32_u();
    insert.memory_size(GUEST).i64_extend_i32_u().i64_const(PAGE_LOG2).i64_shl();
    insert.i64_le_u().select();
}

/// Locals that a priced function needs.
pub(in super::super) const LOCALS: [(u32, ValType); 2] = [(2, ValType::I64), (3, ValType::I32)];

/// Takes the price of one function. Its parameters may change while it runs, so what the price depends
/// on is put aside when it is entered.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Pricing {
    /// What it costs.
    pub(in super::super) price: Price,
    /// Index of the global that holds the fuel that is left.
    pub(in super::super) fuel: u32,
    /// Index of the global that holds what is lent.
    pub(in super::super) lent: u32,
    /// Index of the first of [`LOCALS`].
    pub(in super::super) locals: u32,
}

impl Pricing {
    /// At the entry of an original function, before anything else.
    pub(in super::super) fn enter(self, insert: &mut InstructionSink<'_>) {
        self.remember(insert);
        insert.i64_const(LENT);
        insert.global_get(self.fuel).local_get(self.after()).i64_sub();
        insert.i64_const(LENT_PER_FUEL).i64_mul().i64_add().local_set(self.loan());
        insert.global_get(self.fuel).local_get(self.loan()).i64_add().global_set(self.fuel);
        insert.global_get(self.lent).local_get(self.loan()).i64_add().global_set(self.lent);
    }

    /// Before an original function returns. Its result is on the stack, and stays there.
    pub(in super::super) fn leave(self, insert: &mut InstructionSink<'_>) {
        self.pay(insert);
        insert.global_get(self.lent).local_get(self.loan()).i64_sub().global_set(self.lent);
    }

    /// Before a stand-in is called: what the fuel will be when it returns, as far as that shows.
    pub(in super::super) fn remember(self, insert: &mut InstructionSink<'_>) {
        insert.global_get(self.fuel).i64_const(self.price.call).i64_sub();
        match self.price.bytes {
            Bytes::None | Bytes::Result => {}
            Bytes::Parameter(bytes) => {
                insert.local_get(bytes).i64_extend_i32_u().i64_sub();
            }
            Bytes::Product(count, each) => {
                let mut product = || {
                    insert.local_get(count).i64_extend_i32_u();
                    insert.local_get(each).i64_extend_i32_u().i64_mul();
                };
                product();
                insert.i64_const(0);
                insert.local_get(count).i64_extend_i32_u();
                insert.local_get(each).i64_extend_i32_u().i64_mul();
                insert.i64_const(32).i64_shr_u().i64_eqz().select().i64_sub();
            }
            Bytes::Distance { from, otherwise } => {
                insert.local_get(from).local_set(self.from());
                match otherwise {
                    Some(bytes) => insert.local_get(bytes),
                    None => insert.i32_const(0),
                };
                insert.local_set(self.otherwise());
            }
        }
        insert.local_set(self.after());
    }

    /// Sets the fuel that is left. The result is on the stack, and stays there.
    pub(in super::super) fn pay(self, insert: &mut InstructionSink<'_>) {
        let result = self.result();
        match self.price.bytes {
            Bytes::None | Bytes::Parameter(_) | Bytes::Product(..) => {
                insert.local_get(self.after());
            }
            Bytes::Result => {
                insert.local_tee(result).local_get(self.after());
                possible(insert, |insert| {
                    insert.local_get(result);
                });
                insert.i64_sub();
            }
            Bytes::Distance { .. } => {
                insert.local_tee(result).local_get(self.after());
                possible(insert, |insert| {
                    insert.local_get(result).local_get(self.from()).i32_sub();
                });
                insert.local_get(self.otherwise()).i64_extend_i32_u();
                insert.local_get(result).select().i64_sub();
            }
        }
        insert.global_set(self.fuel);
    }

    /// Local: the fuel that is left after the call.
    fn after(self) -> u32 {
        self.locals
    }

    /// Local: what was lent.
    fn loan(self) -> u32 {
        self.locals.saturating_add(1)
    }

    fn from(self) -> u32 {
        self.locals.saturating_add(2)
    }

    fn otherwise(self) -> u32 {
        self.locals.saturating_add(3)
    }

    fn result(self) -> u32 {
        self.locals.saturating_add(4)
    }
}
