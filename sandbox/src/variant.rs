//! Variants of a run: the same content, with memory that looks otherwise.
//!
//! What a program reads before it has written it, and where its blocks lie, is nothing that it may depend
//! on. So all variants of a run do the same, or the interpreter reads undefined memory.

use crate::gauges::Tuning;
use std::fmt;

/// How a run differs from the first one. All variants use the same artefact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// Not at all.
    #[default]
    Base,
    /// Fresh blocks of the heap and fresh frames of the linear stack are filled with this byte.
    Fill(u8),
    /// The blocks of the heap lie elsewhere: further apart, or at other distances.
    Layout(u8),
    /// The allocation of this number, from 1, gives null. It may well end otherwise than the others.
    FailedAllocation(u32),
}

impl Variant {
    /// The variants that have to do the same as [`Base`](Self::Base). A byte that is no pointer, no length
    /// and no end of a text beside one that looks like nothing at all; blocks further apart, and in disorder.
    pub const EQUIVALENT: [Self; 4] =
        [Self::Fill(0), Self::Fill(0xa5), Self::Layout(1), Self::Layout(2)];

    pub(crate) fn tuning(self) -> Tuning {
        let tuning = Tuning::default();
        match self {
            Self::Base => tuning,
            Self::Fill(byte) => Tuning { fill: Some(byte), ..tuning },
            Self::Layout(number) => {
                let number = u32::from(number);
                // The odd ones are spread, the even ones disordered.
                match number % 2 {
                    0 => Tuning { heap_seed: Some(SEED.wrapping_add(number)), ..tuning },
                    _ => Tuning { heap_spacing: Some(SPACING.saturating_mul(number)), ..tuning },
                }
            }
            Self::FailedAllocation(number) => Tuning { fail_allocation: Some(number), ..tuning },
        }
    }
}

/// Bytes that the redzones of the first spread layout are longer by: more than many a block is long, and
/// no power of two.
const SPACING: u32 = 48;
/// Any number but 0.
const SEED: u32 = 0x9e37_79b9;

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("base"),
            Self::Fill(byte) => write!(f, "fill-{byte:02x}"),
            Self::Layout(number) => write!(f, "layout-{number}"),
            Self::FailedAllocation(number) => write!(f, "failed-allocation-{number}"),
        }
    }
}
