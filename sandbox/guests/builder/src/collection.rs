//! The two places where guests are declared.

use crate::manifest::ProgramKind;

/// Where guests are declared, and where what is built of them is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    /// Interpreters that ship in the box.
    Guests,
    /// Interpreters for tests, the replay and benchmarks.
    Fixtures,
}

impl Collection {
    /// In the order in which they are built.
    pub(crate) const ALL: [Self; 2] = [Self::Guests, Self::Fixtures];

    /// The folder of the guests' folders, from the workspace's root.
    pub(crate) const fn sources(self) -> &'static str {
        match self {
            Self::Guests => "sandbox/guests",
            Self::Fixtures => "fixtures/interpreters",
        }
    }

    /// The folder of the artefacts, from the output folder.
    pub(crate) const fn output(self) -> &'static str {
        match self {
            Self::Guests => "guests",
            Self::Fixtures => "fixtures",
        }
    }

    /// What an artefact is called. What ships is called as the command line calls it.
    pub(crate) fn file_name(self, name: &str, version: &str, kind: ProgramKind) -> String {
        let separator = match self {
            Self::Guests => '@',
            Self::Fixtures => '-',
        };
        format!("{name}{separator}{version}{}", kind.suffix())
    }
}
