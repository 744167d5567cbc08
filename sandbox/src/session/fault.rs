//! Where an access left a memory, as far as the engine says.

use crate::instrument::{GRANULE, Instruction};

/// The first byte of an access for which its memory has no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    address: u64,
    /// Of that memory.
    memory_bytes: u64,
}

/// Where an access begins that left its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// The first byte that it may be.
    pub(super) address: u64,
    /// How many bytes behind that it may be.
    pub(super) uncertainty: u32,
}

impl Fault {
    /// Reads it from an error. The engine has a type for it that it does not show, and says the same in words.
    pub(super) fn of(error: &wasmtime::Error) -> Option<Self> {
        error.chain().find_map(|cause| Self::read(&cause.to_string()))
    }

    fn read(text: &str) -> Option<Self> {
        let numbers = text.strip_prefix("memory fault at wasm address 0x")?;
        let (address, size) = numbers.split_once(" in linear memory of size 0x")?;
        let number = |digits| u64::from_str_radix(digits, 16).ok();
        Some(Self { address: number(address)?, memory_bytes: number(size)? })
    }

    /// Where an access to the guest's memory begins. Either that memory has no such page, or its shadow, which was
    /// looked at before; which of them shows by how large they are. `None` if they are equally large, or if the
    /// address may be at either end of what 32 bits hold, where what is added to it before the shadow is looked at
    /// wraps.
    pub(super) fn start(
        self,
        [memory_bytes, shadow_bytes]: [u64; 2],
        access: &Instruction,
    ) -> Option<Start> {
        let (bytes, first_look) =
            match [memory_bytes, shadow_bytes].map(|bytes| bytes == self.memory_bytes) {
                [true, false] => (1, 0),
                [false, true] => (GRANULE, access.first_look),
                _ => return None,
            };
        let look = u64::from(access.offset).saturating_add(first_look.into());
        let granule = u64::from(bytes);
        let [added, whole] = [look.checked_rem(granule)?, look.checked_div(granule)?];
        if added != 0 && whole == self.address {
            return None;
        }
        // Where the memory ends, what comes before may have been there.
        let before = if self.address == self.memory_bytes {
            access.size.saturating_sub(1).saturating_sub(first_look)
        } else {
            0
        };
        let earlier = u64::from(before.saturating_add(first_look));
        Some(Start {
            address: self.address.saturating_mul(bytes.into()).saturating_sub(earlier),
            uncertainty: before.saturating_add(bytes.saturating_sub(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::AccessKind;

    const SIZES: [u64; 2] = [0x2_0000, 0x1_0000];

    #[test]
    fn it_is_read_from_what_the_engine_says() {
        let text = "memory fault at wasm address 0xbebebebe in linear memory of size 0x20000";
        let fault = Fault { address: 0xbebe_bebe, memory_bytes: 0x2_0000 };
        assert_eq!(Fault::read(text), Some(fault));
        for other in ["", "memory fault", "wasm trap: out of bounds memory access", &text[..40]] {
            assert_eq!(Fault::read(other), None, "{other}");
        }
    }

    #[test]
    fn an_access_begins_where_a_page_is_missing_or_right_before_the_end() {
        let access =
            |size, first_look| Instruction { kind: AccessKind::Read, size, offset: 0, first_look };
        let start = |address, memory_bytes, access| {
            let start = Fault { address, memory_bytes }.start(SIZES, &access);
            start.map(|start| (start.address, start.uncertainty))
        };
        assert_eq!(start(0x3_0000, 0x2_0000, access(4, 3)), Some((0x3_0000, 0)));
        assert_eq!(start(0x2_0000, 0x2_0000, access(4, 3)), Some((0x1_fffd, 3)));
        assert_eq!(start(0x2_0000, 0x2_0000, access(1, 0)), Some((0x2_0000, 0)));
        assert_eq!(start(0x3_0000, 0x1_0000, access(4, 0)), Some((0x18_0000, 7)));
        assert_eq!(start(0x3_0000, 0x1_0000, access(4, 3)), Some((0x17_fffd, 7)));
        assert_eq!(start(0x1_0000, 0x1_0000, access(4, 0)), Some((0x7_fffd, 10)));
        assert_eq!(start(0x1_0000, 0x1_0000, access(4, 3)), Some((0x7_fffd, 7)));
        // Another memory.
        assert_eq!(start(0x3_0000, 0x3_0000, access(4, 3)), None);
        let fault = Fault { address: 0x3_0000, memory_bytes: 0x1_0000 };
        for (offset, known) in [
            (0x17_fffc, true),
            (0x17_fffd, true),
            (0x17_fffe, false),
            (0x18_0004, false),
            (0x18_0005, true),
        ] {
            let access = Instruction { offset, ..access(4, 3) };
            assert_eq!(fault.start(SIZES, &access).is_some(), known, "{offset:#x}");
        }
        assert_eq!(fault.start([0x1_0000; 2], &access(4, 3)), None);
    }
}
