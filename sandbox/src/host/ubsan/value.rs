//! What a check says of itself, in the guest's memory: types, and values of these.

use crate::instrument::{text_at, word_at};
use crate::num::usize_of;
use std::fmt;

/// Longest name of a type that a message has, in bytes.
const MAX_NAME: usize = 200;
/// Bits of a value that is passed itself, and not by its address.
const WORD_BITS: u32 = 32;

/// The static data of one check, and the memory that it is in.
pub(super) struct Data<'a> {
    memory: &'a [u8],
    address: u32,
}

impl<'a> Data<'a> {
    pub(super) fn new(memory: &'a [u8], address: u32) -> Self {
        Self { memory, address }
    }

    /// The word of that number; 0 if there is none.
    pub(super) fn word(&self, at: u32) -> u32 {
        self.address
            .checked_add(at.saturating_mul(4))
            .and_then(|address| word_at(self.memory, address))
            .unwrap_or_default()
    }

    /// The type that the word of that number points to.
    pub(super) fn ty(&self, at: u32) -> Type {
        Type::read(self.memory, self.word(at))
    }

    /// The value of a type that a check passes as that word.
    pub(super) fn value(&self, ty: &Type, word: u32) -> Value {
        let bits = match ty.kind {
            Kind::Integer { bits, .. } | Kind::Float { bits } => bits,
            Kind::Other => return Value::Unknown,
        };
        let raw = match bits {
            ..=WORD_BITS => Some(u128::from(word)),
            _ => self.bytes(word, bits / u8::BITS),
        };
        let Some(raw) = raw else { return Value::Unknown };
        match ty.kind {
            Kind::Integer { signed: true, bits } => Value::Signed(sign_extended(raw, bits)),
            Kind::Integer { signed: false, bits } => Value::Unsigned(zero_extended(raw, bits)),
            Kind::Float { bits: 32 } => Value::Single(f32::from_bits(word)),
            Kind::Float { bits: 64 } => {
                u64::try_from(raw).map_or(Value::Unknown, |raw| Value::Double(f64::from_bits(raw)))
            }
            Kind::Float { .. } | Kind::Other => Value::Unknown,
        }
    }

    /// A number of that many bytes, at most 16.
    fn bytes(&self, address: u32, size: u32) -> Option<u128> {
        let from = self.memory.get(usize_of(address)..)?;
        let mut number = [0; 16];
        number.get_mut(..usize_of(size))?.copy_from_slice(from.get(..usize_of(size))?);
        Some(u128::from_le_bytes(number))
    }
}

fn sign_extended(raw: u128, bits: u32) -> i128 {
    let unused = u128::BITS.saturating_sub(bits);
    let high = raw.checked_shl(unused).unwrap_or_default().cast_signed();
    high.checked_shr(unused).unwrap_or_default()
}

fn zero_extended(raw: u128, bits: u32) -> u128 {
    let unused = u128::BITS.saturating_sub(bits);
    let high = raw.checked_shl(unused).unwrap_or_default();
    high.checked_shr(unused).unwrap_or_default()
}

/// A type, as the compiler describes it: kind, details, and its name.
pub(super) struct Type {
    kind: Kind,
    name: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Integer { bits: u32, signed: bool },
    Float { bits: u32 },
    Other,
}

impl Type {
    fn read(memory: &[u8], address: u32) -> Self {
        let word = word_at(memory, address).unwrap_or_default();
        let (kind, details) = (word & 0xffff, word >> 16);
        let kind = match kind {
            0 => match 1_u32.checked_shl(details >> 1) {
                Some(bits @ 1..=128) => Kind::Integer { bits, signed: details & 1 != 0 },
                _ => Kind::Other,
            },
            1 if details <= 128 => Kind::Float { bits: details },
            _ => Kind::Other,
        };
        let name = address.checked_add(4).and_then(|name| text_at(memory, name));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "?".to_owned());
        let end = name.floor_char_boundary(MAX_NAME);
        // It has quotation marks of its own: 'int', and 'u32' (aka 'unsigned int').
        Self { kind, name: name.get(..end).unwrap_or_default().replace('\'', "`") }
    }

    /// Bytes of a value of it, if it says so.
    pub(super) fn size(&self) -> Option<u32> {
        match self.kind {
            Kind::Integer { bits, .. } | Kind::Float { bits } => Some(bits.div_ceil(u8::BITS)),
            // On a 32-bit target.
            Kind::Other if self.name.ends_with("*`") => Some(4),
            Kind::Other => None,
        }
    }

    /// Bits of a value of it, if it is one of integers.
    pub(super) fn bits(&self) -> Option<u32> {
        match self.kind {
            Kind::Integer { bits, .. } => Some(bits),
            Kind::Float { .. } | Kind::Other => None,
        }
    }

    /// Whether its values may be negative, if it is one of integers.
    pub(super) fn is_signed(&self) -> Option<bool> {
        match self.kind {
            Kind::Integer { signed, .. } => Some(signed),
            Kind::Float { .. } | Kind::Other => None,
        }
    }

    /// Whether it is one of floating-point numbers.
    pub(super) fn is_float(&self) -> bool {
        matches!(self.kind, Kind::Float { .. })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.name)
    }
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Signed(i128),
    Unsigned(u128),
    Single(f32),
    Double(f64),
    /// Of a type that is not read, or where there is no memory.
    Unknown,
}

impl Value {
    pub(super) fn is_zero(self) -> bool {
        match self {
            Self::Signed(value) => value == 0,
            Self::Unsigned(value) => value == 0,
            Self::Single(value) => value == 0.0,
            Self::Double(value) => value == 0.0,
            Self::Unknown => false,
        }
    }

    pub(super) fn is_negative(self) -> bool {
        matches!(self, Self::Signed(value) if value < 0)
    }

    /// Whether it is that or more.
    pub(super) fn reaches(self, limit: u32) -> bool {
        match self {
            Self::Signed(value) => value >= limit.into(),
            Self::Unsigned(value) => value >= limit.into(),
            Self::Single(_) | Self::Double(_) | Self::Unknown => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(value) => value.fmt(to),
            Self::Unsigned(value) => value.fmt(to),
            Self::Single(value) => write!(to, "{value:?}"),
            Self::Double(value) => write!(to, "{value:?}"),
            Self::Unknown => to.write_str("a value"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type at 8 with that kind and details, and a number at 64.
    fn memory(kind: u16, details: u16, name: &str, number: u128) -> Vec<u8> {
        let mut memory = vec![0; 8];
        memory.extend(kind.to_le_bytes());
        memory.extend(details.to_le_bytes());
        memory.extend(name.as_bytes());
        memory.resize(64, 0);
        memory.extend(number.to_le_bytes());
        memory
    }

    fn value(kind: u16, details: u16, word: u32, number: u128) -> (String, Option<u32>) {
        let memory = memory(kind, details, "'t'", number);
        let ty = Type::read(&memory, 8);
        (Data::new(&memory, 0).value(&ty, word).to_string(), ty.size())
    }

    #[test]
    fn values_are_read_as_their_types_say() {
        for (kind, details, word, number, expected, size) in [
            (0, 5 << 1 | 1, u32::MAX, 0, "-1", Some(4)),
            (0, 5 << 1, u32::MAX, 0, "4294967295", Some(4)),
            (0, 3 << 1 | 1, 0x80, 0, "-128", Some(1)),
            (0, 3 << 1, 0x1ff, 0, "255", Some(1)),
            (0, 0, 3, 0, "1", Some(1)),
            (0, 6 << 1 | 1, 64, 1 << 63, "-9223372036854775808", Some(8)),
            (0, 6 << 1, 64, u128::MAX, "18446744073709551615", Some(8)),
            (0, 7 << 1 | 1, 64, u128::MAX, "-1", Some(16)),
            (1, 32, 1.5_f32.to_bits(), 0, "1.5", Some(4)),
            (1, 64, 64, (-0.5_f64).to_bits().into(), "-0.5", Some(8)),
            // Where no memory is, of a type that is not read, and of one that does not exist.
            (0, 6 << 1, 73, 0, "a value", Some(8)),
            (0, 6 << 1, u32::MAX, 0, "a value", Some(8)),
            (1, 128, 64, 0, "a value", Some(16)),
            (1, 16, 0, 0, "a value", Some(2)),
            (0, 8 << 1, 64, 0, "a value", None),
            (0, u16::MAX, 64, 0, "a value", None),
            (1, u16::MAX, 64, 0, "a value", None),
            (u16::MAX, 0, 64, 0, "a value", None),
        ] {
            assert_eq!(
                value(kind, details, word, number),
                (expected.to_owned(), size),
                "{kind} {details:#x}"
            );
        }
    }

    #[test]
    fn types_have_names_of_bounded_length() {
        let name = |address| {
            Type::read(&memory(0xffff, 0, "'x *' (aka 'struct y *')", 0), address).to_string()
        };
        assert_eq!(name(8), "`x *` (aka `struct y *`)");
        for nowhere in [0, 80, u32::MAX - 3, u32::MAX] {
            assert_eq!(name(nowhere), "?");
        }
        let long = memory(0xffff, 0, &"\u{e9}".repeat(300), 0);
        assert!(Type::read(&long, 8).to_string().len() <= MAX_NAME);
        assert_eq!(Type::read(&memory(0xffff, 0, "'struct s *'", 0), 8).size(), Some(4));
    }
}
