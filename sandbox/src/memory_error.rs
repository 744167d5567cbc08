//! Memory errors: what the checks of a guest's memory found, in the terms of the field.
//!
//! The kinds are those of AddressSanitizer (Serebryany et al., USENIX ATC 2012), where it has one.

mod kind;

use crate::instrument::{
    AccessKind, Cause, GRANULE, HeapObject, HeapRecords, LayoutMemory, LayoutObject, LayoutPlace,
    LayoutRegion, NearObject, Place, Violation, layout_object,
};
use crate::num::usize_of;
use crate::outcome::Frame;
use serde::Serialize;
use std::fmt::Write as _;

pub use kind::MemoryErrorKind;

/// How far from an object an address may be and still be said to have missed it, in bytes: the longest
/// redzone.
const NEAR: u32 = 2048;
/// Shadow bytes shown on either side of the first bad one.
const SHADOW_AROUND: u32 = 8;

/// An access to memory that may not be accessed, or a wrong use of the allocator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryError {
    /// What is wrong.
    pub error: MemoryErrorKind,
    /// Read or write.
    pub access: MemoryAccess,
    /// Address of the first byte of the access. It may be beyond what 32 bits hold.
    pub address: u64,
    /// Bytes behind [`address`](Self::address) that the access may as well begin at: of one that leads far behind the
    /// memory no more is known. Mostly 0.
    #[serde(skip_serializing_if = "is_exact")]
    pub address_uncertainty: u32,
    /// Bytes that were to be accessed, or that an object was said to have when it was freed as one of another
    /// size; 0 where nobody says how many.
    pub size: u32,
    /// Address of the first byte that may not be accessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<u32>,
    /// The host function that was given the address, if it was not the guest's own access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<&'static str>,
    /// What lies there or nearby.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<MemoryObject>,
    /// The shadow around the first bad byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowBytes>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_exact(uncertainty: &u32) -> bool {
    *uncertainty == 0
}

/// What was done to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryAccess {
    /// It was read.
    Read,
    /// It was written, or read and written at once.
    Write,
    /// It was freed.
    Free,
    /// It was resized.
    Resize,
    /// Its size was asked for.
    Measure,
}

/// An object in the guest's memory, and where an address lies in relation to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryObject {
    /// What kind of object.
    pub region: Region,
    /// Its name, if it has one: that of a variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The function that a variable on the stack belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The source file that defines it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line that declares it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Address of its first byte.
    pub address: u32,
    /// Its size in bytes.
    pub size: u32,
    /// Where the first bad byte is.
    pub position: Position,
    /// Distance in bytes: before the first byte, from the first byte, or behind the end, where 0 is the
    /// first byte that is not the object's.
    pub distance: u32,
    /// The stack when it was allocated, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allocated: Vec<Frame>,
    /// The stack when it was freed, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freed: Vec<Frame>,
    /// Whether it is the buffer that the host handed the content over in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub holds_content: bool,
    /// Numbers of the allocation and the free, by which a further run finds their stacks.
    #[serde(skip)]
    pub(crate) numbers: Option<(u32, Option<u32>)>,
}

/// Where an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// The heap.
    Heap,
    /// The linear stack.
    Stack,
    /// Static data.
    Global,
}

/// Where an address lies in relation to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Before its first byte.
    Before,
    /// Between its first and its last byte.
    Inside,
    /// Behind its last byte.
    Behind,
}

/// Some bytes of the shadow, each for eight of the guest's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShadowBytes {
    /// Guest address that the first byte speaks for.
    pub address: u32,
    /// The bytes as hexadecimal digits.
    pub bytes: String,
}

/// An access that a host function was to make for the guest, or was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostAccess {
    /// The function, if it was to make it.
    pub(crate) function: Option<&'static str>,
    pub(crate) kind: AccessKind,
    pub(crate) address: u32,
    pub(crate) size: u32,
    pub(crate) cause: Cause,
}

impl MemoryError {
    /// What the guest did itself.
    pub(crate) fn of_guest(violation: &Violation, shadow: &[u8]) -> Self {
        let Violation { kind, address, size, cause, .. } = *violation;
        Self::new(None, kind, address, size, cause, shadow)
    }

    /// An access to a place far behind the memory, at `address` or up to `uncertainty` bytes behind it.
    pub(crate) fn beyond_memory(
        kind: AccessKind,
        address: u64,
        size: u32,
        uncertainty: u32,
    ) -> Self {
        let error = Self::new(None, kind, address, size, Cause::OutOfBounds, &[]);
        Self { address_uncertainty: uncertainty, ..error }
    }

    /// What a host function was to do for it, or was told of.
    pub(crate) fn of_host(access: HostAccess, shadow: &[u8]) -> Self {
        let HostAccess { function, kind, address, size, cause } = access;
        Self::new(function, kind, address.into(), size, cause, shadow)
    }

    /// The error with the block of the heap that it missed, if one is near. `content` is the address of
    /// the buffer that the content was handed over in.
    pub(crate) fn near_block(mut self, heap: HeapRecords<'_>, content: Option<u32>) -> Self {
        use MemoryErrorKind as Kind;
        let may_be = self.error.may_be_of_heap();
        let Some(bad) = self.first_bad.filter(|_| may_be) else { return self };
        let near = heap.near(bad).into_iter().next();
        self.object =
            near.map(|near| MemoryObject::of_heap(near, content)).filter(MemoryObject::is_near);
        let position = self.object.as_ref().map(|object| object.position);
        if self.error.is_inside() && position != Some(Position::Inside) {
            self.object = None;
        }
        // Nothing but the interpreter itself poisons a live block.
        if self.error == Kind::HeapBufferOverflow && position == Some(Position::Inside) {
            self.error = Kind::UseAfterPoison;
        }
        // Memory of the heap that no block is near to is nobody's.
        if self.object.is_none() && self.error == Kind::HeapBufferOverflow {
            self.error = Kind::WildAccess;
        }
        self
    }

    /// The error with the variable or the global that it missed, if the guest says what is laid out
    /// there. `function` is the function of a given index in the guest's table.
    pub(crate) fn near_variable(
        mut self,
        layout: &LayoutMemory<'_>,
        function: impl FnOnce(u32) -> Option<Frame>,
    ) -> Self {
        let is_block =
            self.object.as_ref().is_some_and(|object| object.position == Position::Inside);
        let object = self.first_bad.and_then(|bad| layout_object(layout, bad));
        if let Some(object) = object.filter(|_| !is_block) {
            self.object = Some(MemoryObject::of_layout(object, function));
        }
        self
    }

    fn new(
        function: Option<&'static str>,
        kind: AccessKind,
        address: u64,
        size: u32,
        cause: Cause,
        shadow: &[u8],
    ) -> Self {
        let (first_bad, error) = match cause {
            Cause::Poisoned { first, poison } => (Some(first), MemoryErrorKind::of(poison, first)),
            Cause::OutOfBounds => {
                let error = MemoryErrorKind::of_out_of_bounds(size);
                let is_object = error == MemoryErrorKind::NegativeSizeParam;
                (u32::try_from(address).ok().filter(|_| is_object), error)
            }
            Cause::Overlap => (u32::try_from(address).ok(), MemoryErrorKind::MemcpyParamOverlap),
            Cause::TextOverlap => {
                (u32::try_from(address).ok(), MemoryErrorKind::StrcpyParamOverlap)
            }
            // Nothing is freed by that.
            Cause::AlreadyFreed if kind == AccessKind::Measure => {
                (u32::try_from(address).ok(), MemoryErrorKind::HeapUseAfterFree)
            }
            Cause::AlreadyFreed => (u32::try_from(address).ok(), MemoryErrorKind::DoubleFree),
            Cause::Constant { first } => (Some(first), MemoryErrorKind::WriteToConstant),
            Cause::OtherAllocator => {
                (u32::try_from(address).ok(), MemoryErrorKind::AllocDeallocMismatch)
            }
            Cause::OtherType => {
                (u32::try_from(address).ok(), MemoryErrorKind::NewDeleteTypeMismatch)
            }
            Cause::NotABlock => (u32::try_from(address).ok(), MemoryErrorKind::BadFree),
        };
        Self {
            error,
            access: match kind {
                AccessKind::Read => MemoryAccess::Read,
                AccessKind::Write => MemoryAccess::Write,
                AccessKind::Free => MemoryAccess::Free,
                AccessKind::Resize => MemoryAccess::Resize,
                AccessKind::Measure => MemoryAccess::Measure,
            },
            address,
            address_uncertainty: 0,
            size,
            first_bad,
            function,
            object: None,
            shadow: first_bad.map(|first| ShadowBytes::around(first, shadow)),
        }
    }
}

impl MemoryObject {
    fn of_heap(near: NearObject, content: Option<u32>) -> Self {
        let HeapObject { address, size, allocation, freed, .. } = near.object;
        let (position, distance) = match near.place {
            Place::Before { bytes } => (Position::Before, bytes),
            Place::Inside { bytes } => (Position::Inside, bytes),
            Place::After { bytes } => (Position::Behind, bytes),
        };
        Self {
            region: Region::Heap,
            name: None,
            function: None,
            file: None,
            line: None,
            address,
            size,
            position,
            distance,
            allocated: Vec::new(),
            freed: Vec::new(),
            holds_content: content == Some(address),
            numbers: Some((allocation, freed)),
        }
    }

    fn of_layout(object: LayoutObject, function: impl FnOnce(u32) -> Option<Frame>) -> Self {
        let (position, distance) = match object.place {
            LayoutPlace::Before(bytes) => (Position::Before, bytes),
            LayoutPlace::Within(bytes) => (Position::Inside, bytes),
            LayoutPlace::After(bytes) => (Position::Behind, bytes),
        };
        let mut owner = None;
        let (region, name, file, line) = match object.region {
            LayoutRegion::Stack { variable, line, table_index, .. } => {
                owner = function(table_index);
                let file = owner.as_ref().and_then(|owner| owner.file.clone());
                (Region::Stack, variable, file, line)
            }
            LayoutRegion::Alloca => (Region::Stack, String::new(), None, None),
            LayoutRegion::Global { name, module, line } => {
                (Region::Global, name, Some(module), line)
            }
        };
        Self {
            region,
            name: Some(name).filter(|name| !name.is_empty()),
            function: owner.map(|owner| owner.function),
            file: file.filter(|file| !file.is_empty()),
            line,
            address: object.address,
            size: object.size,
            position,
            distance,
            allocated: Vec::new(),
            freed: Vec::new(),
            holds_content: false,
            numbers: None,
        }
    }

    /// Whether an address could have been meant for it.
    fn is_near(&self) -> bool {
        self.position == Position::Inside || self.distance <= NEAR
    }
}

impl ShadowBytes {
    fn around(address: u32, shadow: &[u8]) -> Self {
        let middle = address / GRANULE;
        let first = middle.saturating_sub(SHADOW_AROUND);
        let end = middle.saturating_add(SHADOW_AROUND).saturating_add(1);
        let bytes = shadow.get(usize_of(first)..usize_of(end)).unwrap_or_default();
        let mut digits = String::new();
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Self { address: first.saturating_mul(GRANULE), bytes: digits }
    }
}

impl std::fmt::Display for MemoryError {
    /// One sentence.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}: ", self.error.name())?;
        if let Some(function) = self.function {
            write!(to, "`{function}` was to ")?;
        }
        let bytes = Bytes(self.size);
        match (self.access, self.function) {
            (MemoryAccess::Read, None) if self.size == 0 => {
                write!(to, "read at {:#x}", self.address)?;
            }
            (MemoryAccess::Write, None) if self.size == 0 => {
                write!(to, "write at {:#x}", self.address)?;
            }
            (MemoryAccess::Free, None) if self.size > 0 => {
                write!(to, "free of {:#x} as {bytes}", self.address)?;
            }
            (MemoryAccess::Free, Some(_)) => write!(to, "free {:#x}", self.address)?,
            (MemoryAccess::Free, None) => write!(to, "free of {:#x}", self.address)?,
            (MemoryAccess::Resize, _) => write!(to, "realloc of {:#x}", self.address)?,
            (MemoryAccess::Measure, _) => {
                write!(to, "malloc_usable_size of {:#x}", self.address)?;
            }
            (MemoryAccess::Read, None) => write!(to, "read of {bytes} at {:#x}", self.address)?,
            (MemoryAccess::Write, None) => write!(to, "write of {bytes} at {:#x}", self.address)?,
            (MemoryAccess::Read, Some(_)) => write!(to, "read {bytes} at {:#x}", self.address)?,
            (MemoryAccess::Write, Some(_)) => write!(to, "write {bytes} at {:#x}", self.address)?,
        }
        if self.address_uncertainty > 0 {
            write!(to, " to {:#x}", self.address.saturating_add(self.address_uncertainty.into()))?;
        }
        match &self.object {
            Some(object) => write!(to, ", {object}"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for MemoryObject {
    /// Where the first bad byte lies.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Position::Before => write!(to, "{} before ", Bytes(self.distance))?,
            Position::Inside => write!(to, "{} into ", Bytes(self.distance))?,
            Position::Behind => write!(to, "{} behind ", Bytes(self.distance))?,
        }
        let size = Bytes(self.size);
        match (&self.name, self.region) {
            (Some(name), Region::Stack) => write!(to, "the local variable `{name}` of {size}"),
            (Some(name), _) => write!(to, "`{name}` of {size}"),
            (None, Region::Heap) if self.holds_content => {
                write!(to, "the content of {size} that was handed over")
            }
            (None, Region::Heap) if self.numbers.is_some_and(|(_, freed)| freed.is_some()) => {
                write!(to, "a freed heap block of {size}")
            }
            (None, Region::Heap) => write!(to, "a heap block of {size}"),
            (None, Region::Stack) => write!(to, "a local variable of {size}"),
            (None, Region::Global) => write!(to, "a global variable of {size}"),
        }?;
        self.function.iter().try_for_each(|function| write!(to, " in `{function}`"))
    }
}

struct Bytes(u32);

impl std::fmt::Display for Bytes {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            1 => to.write_str("1 byte"),
            many => write!(to, "{many} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_on_the_stack_has_its_function() {
        let region = LayoutRegion::Stack {
            variable: "b".into(),
            line: Some(63),
            offset: 32,
            table_index: 7,
        };
        let object =
            LayoutObject { region, address: 4096, size: 16, place: LayoutPlace::Within(2) };
        let frame = |function| Frame {
            function,
            file: Some("m.c".into()),
            line: Some(60),
            column: None,
            module_offset: None,
        };
        let function = |element| (element == 7).then(|| frame("f".to_owned()));
        let object = MemoryObject::of_layout(object, function);
        assert_eq!(object.to_string(), "2 bytes into the local variable `b` of 16 bytes in `f`");
        assert_eq!((object.file.as_deref(), object.line), (Some("m.c"), Some(63)));
        let nameless = MemoryObject { name: None, ..object };
        assert_eq!(nameless.to_string(), "2 bytes into a local variable of 16 bytes in `f`");
    }
}
