//! Instructions whose work is as long as an operand says.

use wasmparser::Operator;

/// One bulk instruction. Its length, in bytes, elements or pages, is the top of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bulk {
    /// `memory.copy`: destination, source, length.
    MemoryCopy,
    /// `memory.fill`: destination, byte, length.
    MemoryFill,
    /// `memory.init`: destination, offset in the segment, length.
    MemoryInit,
    /// `memory.grow`: pages; gives -1 if it fails.
    MemoryGrow,
    /// `table.copy`, `table.fill` and `table.init`: the last operand is the number of elements.
    Table,
    /// `table.grow`: elements; gives -1 if it fails.
    TableGrow,
}

impl Bulk {
    /// The bulk instruction that `operator` is, if it is one.
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        match operator {
            Operator::MemoryCopy { .. } => Some(Self::MemoryCopy),
            Operator::MemoryFill { .. } => Some(Self::MemoryFill),
            Operator::MemoryInit { .. } => Some(Self::MemoryInit),
            Operator::MemoryGrow { .. } => Some(Self::MemoryGrow),
            Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableInit { .. } => Some(Self::Table),
            Operator::TableGrow { .. } => Some(Self::TableGrow),
            _ => None,
        }
    }

    /// Whether the instruction may fail without a trap, and then did no work.
    pub(super) fn may_fail(self) -> bool {
        matches!(self, Self::MemoryGrow | Self::TableGrow)
    }

    /// Whether the three operands are a destination in linear memory, a source and a length.
    pub(super) fn moves_memory(self) -> bool {
        matches!(self, Self::MemoryCopy | Self::MemoryFill | Self::MemoryInit)
    }
}
