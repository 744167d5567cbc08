//! A TOML table that is taken apart key by key, so that a key nobody asked for is noticed.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::{SourceError, SourceFault};
use crate::excerpt::excerpt;

pub(super) type Key<'t, 'i> = &'t Spanned<DeString<'i>>;
pub(super) type Value<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// A source text. Everything that can go wrong in it is an error at a place of it.
#[derive(Clone, Copy)]
pub(super) struct Text<'i>(pub(super) &'i str);

impl Text<'_> {
    pub(super) fn fault(self, span: Range<usize>, fault: SourceFault) -> SourceError {
        SourceError::new(self.0, span, fault)
    }

    /// An integer from `low` to `high`.
    pub(super) fn integer<T: TryFrom<i64>>(
        self,
        what: &'static str,
        value: Value<'_, '_>,
        (low, high): (i64, i64),
    ) -> Result<T, SourceError> {
        let number = value.get_ref().as_integer();
        let number = number.ok_or_else(|| self.kind(what, "an integer", value))?;
        let found = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let valid = found.filter(|found| (low..=high).contains(found));
        valid.and_then(|valid| T::try_from(valid).ok()).ok_or_else(|| {
            let found = found.map_or_else(|| excerpt(&number.to_string()), |it| it.to_string());
            self.fault(value.span(), SourceFault::Number { what, low, high, found })
        })
    }

    /// A value of another kind than expected.
    pub(super) fn kind(
        self,
        what: &'static str,
        expected: &'static str,
        value: Value<'_, '_>,
    ) -> SourceError {
        let found = value.get_ref().type_str();
        self.fault(value.span(), SourceFault::Kind { what, expected, found })
    }
}

/// What is left of a table.
pub(super) struct Table<'t, 'i> {
    text: Text<'i>,
    span: Range<usize>,
    entries: Vec<(Key<'t, 'i>, Value<'t, 'i>)>,
}

impl<'t, 'i> Table<'t, 'i> {
    pub(super) fn new(text: Text<'i>, span: Range<usize>, table: &'t DeTable<'i>) -> Self {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        Self { text, span, entries }
    }

    /// The value of a key that may be there.
    pub(super) fn take(&mut self, name: &str) -> Option<Value<'t, 'i>> {
        let index = self.entries.iter().position(|(key, _)| key.get_ref() == name)?;
        let (_, value) = self.entries.remove(index);
        Some(value)
    }

    /// The value of a key that has to be there.
    pub(super) fn require(&mut self, key: &'static str) -> Result<Value<'t, 'i>, SourceError> {
        let missing = || self.text.fault(self.span.clone(), SourceFault::MissingKey { key });
        let missing = missing();
        self.take(key).ok_or(missing)
    }

    /// All keys, in the order of the source.
    pub(super) fn into_entries(self) -> Vec<(Key<'t, 'i>, Value<'t, 'i>)> {
        self.entries
    }

    /// Refuses what was not taken.
    pub(super) fn finish(self) -> Result<(), SourceError> {
        match self.entries.first() {
            None => Ok(()),
            Some((key, _)) => {
                let fault = SourceFault::UnknownKey { key: excerpt(key.get_ref()) };
                Err(self.text.fault(key.span(), fault))
            }
        }
    }
}
