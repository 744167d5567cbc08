//! What becomes of custom sections.

/// What becomes of one custom section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Copied as it is.
    Copied,
    /// Written anew, with the names of what was added.
    Names,
    /// Left out: it speaks of offsets in the original's code.
    LeftOut,
}

/// What becomes of the custom section with this name.
pub(super) fn fate(name: &str) -> Fate {
    match name {
        "name" => Fate::Names,
        // For the linker's and the debugger's eyes, and not true of rewritten code.
        "linking" | "sourceMappingURL" | "external_debug_info" => Fate::LeftOut,
        _ if name.starts_with(".debug_")
            || name.starts_with("reloc.")
            || name.starts_with("metadata.code.") =>
        {
            Fate::LeftOut
        }
        _ => Fate::Copied,
    }
}
