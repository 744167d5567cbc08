//! How closely a guest's memory is checked while it runs.

use crate::instrument::{Checks, Options};
use serde::Serialize;

/// How closely a guest's memory is checked. Fuel is counted in the same way whatever is chosen, so
/// that it never decides about fuel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Sanitize {
    /// Not at all: what leaves the linear memory traps, and nothing else. For measuring.
    Off,
    /// Every access is looked up in shadow memory. Where a compiler promised that an address is aligned, the
    /// lookup is of where the access ends, which is enough if the promise is kept.
    #[default]
    On,
    /// Every byte of every access is looked up, whatever was promised; and each content is run again, as [variants](crate::Variant), without memory at times, and
    /// by every build of its interpreter. That is the business of whoever calls for runs.
    Full,
    /// The checks of [`Full`](Self::Full), but slowly: the host judges each access, in the simplest form there is
    /// ([`oracle`](crate::instrument::oracle)). For those who work on the checks themselves.
    Oracle,
}

impl Sanitize {
    /// Those that judge content, from least to most.
    pub const ALL: [Self; 3] = [Self::Off, Self::On, Self::Full];

    /// Its name, as command lines, policies and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Full => "full",
            Self::Oracle => "oracle",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Oracle]).find(|sanitize| sanitize.name() == name)
    }

    /// What the rewriter is asked for.
    pub(crate) fn options(self) -> Options {
        match self {
            Self::Off => Options::default().checks(Checks::Off),
            Self::On => Options::default().checks(Checks::Fast),
            Self::Full => Options::default().checks(Checks::Exact),
            Self::Oracle => Options::default().checks(Checks::Exact).oracle(true),
        }
    }
}
