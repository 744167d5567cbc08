//! Kinds of memory errors.

use crate::instrument::{MAX_NULL_PAGE, Poison};
use serde::Serialize;

/// Kinds of memory errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MemoryErrorKind {
    /// A null pointer, with or without a small offset.
    NullDereference,
    /// Outside of a block of the heap, close to it.
    HeapBufferOverflow,
    /// Inside of a block that was freed.
    HeapUseAfterFree,
    /// A block was freed a second time.
    DoubleFree,
    /// What was freed, resized or asked for its size is not the start of a block.
    BadFree,
    /// Outside of a variable on the stack, close to it.
    StackBufferOverflow,
    /// In the frame of a function that has returned.
    StackUseAfterReturn,
    /// In a variable whose block of code has ended.
    StackUseAfterScope,
    /// Outside of an `alloca` or a variable-length array, close to it.
    DynamicStackBufferOverflow,
    /// Outside of a global variable, close to it.
    GlobalBufferOverflow,
    /// Where the interpreter itself has said that nothing may be accessed.
    UseAfterPoison,
    /// A range was copied by `memcpy` to one that overlaps with it.
    MemcpyParamOverlap,
    /// A text was copied by `strcpy` or one of its kin to where a part of it is.
    StrcpyParamOverlap,
    /// A length that is negative where it is taken for a signed number, and more than there is.
    NegativeSizeParam,
    /// A block was freed by other means than those that it was made by: `free`, `delete` and `delete[]` are three.
    AllocDeallocMismatch,
    /// A C++ object was deleted as one of another size or alignment.
    NewDeleteTypeMismatch,
    /// A constant was written: what the linker puts where natively nothing may be written.
    WriteToConstant,
    /// Nowhere: no object is near.
    WildAccess,
}

impl MemoryErrorKind {
    /// What an access to poisoned bytes means, of which the first is at that address.
    pub(super) fn of(poison: Option<Poison>, first: u32) -> Self {
        match poison {
            Some(Poison::NULL_PAGE) if first < MAX_NULL_PAGE => Self::NullDereference,
            Some(Poison::HEAP_REDZONE) => Self::HeapBufferOverflow,
            Some(Poison::HEAP_FREED) => Self::HeapUseAfterFree,
            Some(Poison::STACK_LEFT | Poison::STACK_MIDDLE | Poison::STACK_RIGHT) => {
                Self::StackBufferOverflow
            }
            Some(Poison::STACK_AFTER_RETURN) => Self::StackUseAfterReturn,
            Some(Poison::STACK_AFTER_SCOPE) => Self::StackUseAfterScope,
            Some(Poison::ALLOCA_LEFT | Poison::ALLOCA_RIGHT) => Self::DynamicStackBufferOverflow,
            Some(Poison::GLOBAL_REDZONE) => Self::GlobalBufferOverflow,
            Some(Poison::USER) => Self::UseAfterPoison,
            _ => Self::WildAccess,
        }
    }

    /// What an access to bytes outside of the memory means.
    pub(super) fn of_out_of_bounds(size: u32) -> Self {
        if size > i32::MAX.cast_unsigned() { Self::NegativeSizeParam } else { Self::WildAccess }
    }

    /// Whether a block of the heap may be what is meant.
    pub(super) fn may_be_of_heap(self) -> bool {
        match self {
            Self::HeapBufferOverflow
            | Self::HeapUseAfterFree
            | Self::DoubleFree
            | Self::BadFree
            | Self::UseAfterPoison
            | Self::MemcpyParamOverlap
            | Self::StrcpyParamOverlap
            | Self::NegativeSizeParam
            | Self::AllocDeallocMismatch
            | Self::NewDeleteTypeMismatch => true,
            Self::NullDereference
            | Self::StackBufferOverflow
            | Self::StackUseAfterReturn
            | Self::StackUseAfterScope
            | Self::DynamicStackBufferOverflow
            | Self::GlobalBufferOverflow
            | Self::WriteToConstant
            | Self::WildAccess => false,
        }
    }

    /// Whether the address is in the object that is meant, and not beside it.
    pub(super) fn is_inside(self) -> bool {
        matches!(
            self,
            Self::UseAfterPoison
                | Self::MemcpyParamOverlap
                | Self::StrcpyParamOverlap
                | Self::NegativeSizeParam
        )
    }

    /// Its name, as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NullDereference => "null-dereference",
            Self::HeapBufferOverflow => "heap-buffer-overflow",
            Self::HeapUseAfterFree => "heap-use-after-free",
            Self::DoubleFree => "double-free",
            Self::BadFree => "bad-free",
            Self::StackBufferOverflow => "stack-buffer-overflow",
            Self::StackUseAfterReturn => "stack-use-after-return",
            Self::StackUseAfterScope => "stack-use-after-scope",
            Self::DynamicStackBufferOverflow => "dynamic-stack-buffer-overflow",
            Self::GlobalBufferOverflow => "global-buffer-overflow",
            Self::UseAfterPoison => "use-after-poison",
            Self::MemcpyParamOverlap => "memcpy-param-overlap",
            Self::StrcpyParamOverlap => "strcpy-param-overlap",
            Self::NegativeSizeParam => "negative-size-param",
            Self::AllocDeallocMismatch => "alloc-dealloc-mismatch",
            Self::NewDeleteTypeMismatch => "new-delete-type-mismatch",
            Self::WriteToConstant => "write-to-constant",
            Self::WildAccess => "wild-access",
        }
    }
}
