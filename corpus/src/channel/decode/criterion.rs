//! One criterion: 24 bytes, and for some kinds a string in the string table.

use std::borrow::Cow;

use super::{CriterionFault, DecodeError, DecodeFault};
use crate::channel::criterion::{Criterion, CriterionRule};
use crate::channel::layout::{
    CRITERION_A, CRITERION_B, CRITERION_RESERVED, CRITERION_SIZE, KIND_CONTAINS, KIND_EQUALS,
    KIND_INTEGER_RANGE, KIND_PREFIX, KIND_WILDCARD,
};
use crate::numbers::saturating_usize;
use crate::reader::{Reader, Short};

/// Why a criterion could not be read, before it is known whose criterion it is.
pub(super) enum Unread {
    Short(Short),
    Fault { offset: usize, fault: CriterionFault },
}

impl Unread {
    pub(super) fn of(self, instance: u32, input: u32) -> DecodeError {
        match self {
            Self::Short(short) => short.into(),
            Self::Fault { offset, fault } => {
                DecodeError::new(offset, DecodeFault::Criterion { instance, input, fault })
            }
        }
    }
}

impl From<Short> for Unread {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

pub(super) fn read<'a>(rows: &mut Reader<'a>, strings: &'a [u8]) -> Result<Criterion<'a>, Unread> {
    let start = rows.offset();
    let at = |field, fault| Unread::Fault { offset: start.saturating_add(field), fault };
    let mut row = rows.sub(saturating_usize(CRITERION_SIZE))?;

    let kind = row.u8()?;
    if kind > KIND_INTEGER_RANGE {
        return Err(at(0, CriterionFault::Kind { found: kind }));
    }
    let found = row.array()?;
    if found != [0; 7] {
        return Err(at(CRITERION_RESERVED, CriterionFault::Reserved { found }));
    }
    let mut operands = row.clone();
    let (a, b) = (row.u64()?, row.u64()?);
    let string = || string(strings, a, b).map_err(|fault| at(CRITERION_A, fault));
    let criterion = match kind {
        KIND_WILDCARD => match (a, b) {
            (0, 0) => Criterion::Wildcard,
            (0, found) => return Err(at(CRITERION_B, CriterionFault::WildcardOperand { found })),
            (found, _) => return Err(at(CRITERION_A, CriterionFault::WildcardOperand { found })),
        },
        KIND_EQUALS => Criterion::Equals(string()?),
        KIND_PREFIX => Criterion::Prefix(string()?),
        KIND_CONTAINS => Criterion::Contains(string()?),
        _ => Criterion::IntegerRange { low: operands.i64()?, high: operands.i64()? },
    };
    criterion.check().map_err(|rule| at(field_of(rule), CriterionFault::Rule(rule)))?;
    Ok(criterion)
}

fn string(strings: &[u8], start: u64, length: u64) -> Result<Cow<'_, [u8]>, CriterionFault> {
    let outside = CriterionFault::StringOutside { start, length, table: strings.len() };
    let range = || {
        let start = usize::try_from(start).ok()?;
        Some(start..start.checked_add(usize::try_from(length).ok()?)?)
    };
    range().and_then(|range| strings.get(range)).map(Cow::Borrowed).ok_or(outside)
}

/// The operand that a broken rule is about.
fn field_of(rule: CriterionRule) -> usize {
    match rule {
        CriterionRule::EmptyString { .. } => CRITERION_B,
        CriterionRule::EmptyRange { .. } => CRITERION_A,
    }
}
