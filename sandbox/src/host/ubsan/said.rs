//! What each check found, in a sentence.

use super::value::{Data, Type, Value};

/// A function that checks call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handler {
    TypeMismatch,
    AlignmentAssumption,
    Overflow(Arithmetic),
    NegateOverflow,
    DivisionOverflow,
    ShiftOutOfBounds,
    OutOfBounds,
    LocalOutOfBounds,
    Unreachable,
    MissingReturn,
    ArrayBound,
    FloatCast,
    InvalidValue,
    Conversion,
    InvalidBuiltin,
    NullReturned,
    NullArgument,
    PointerOverflow,
    FunctionType,
}

/// What overflowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Addition,
    Subtraction,
    Multiplication,
}

/// All of them, by what follows the prefix of their names.
pub(super) const HANDLERS: [(&str, Handler); 23] = [
    ("type_mismatch_v1", Handler::TypeMismatch),
    ("alignment_assumption", Handler::AlignmentAssumption),
    ("add_overflow", Handler::Overflow(Arithmetic::Addition)),
    ("sub_overflow", Handler::Overflow(Arithmetic::Subtraction)),
    ("mul_overflow", Handler::Overflow(Arithmetic::Multiplication)),
    ("negate_overflow", Handler::NegateOverflow),
    ("divrem_overflow", Handler::DivisionOverflow),
    ("shift_out_of_bounds", Handler::ShiftOutOfBounds),
    ("out_of_bounds", Handler::OutOfBounds),
    ("local_out_of_bounds", Handler::LocalOutOfBounds),
    ("builtin_unreachable", Handler::Unreachable),
    ("missing_return", Handler::MissingReturn),
    ("vla_bound_not_positive", Handler::ArrayBound),
    ("float_cast_overflow", Handler::FloatCast),
    ("load_invalid_value", Handler::InvalidValue),
    ("implicit_conversion", Handler::Conversion),
    ("invalid_builtin", Handler::InvalidBuiltin),
    ("nonnull_return_v1", Handler::NullReturned),
    ("nullability_return_v1", Handler::NullReturned),
    ("nonnull_arg", Handler::NullArgument),
    ("nullability_arg", Handler::NullArgument),
    ("pointer_overflow", Handler::PointerOverflow),
    ("function_type_mismatch", Handler::FunctionType),
];

/// What a check found.
pub(super) struct Said {
    /// In a sentence.
    pub(super) message: String,
    /// The memory that was about to be used, if that is what it is about.
    pub(super) about: Option<About>,
}

/// Memory that was about to be used.
pub(super) struct About {
    pub(super) address: u32,
    /// Bytes of it, if known.
    pub(super) size: Option<u32>,
    pub(super) writes: bool,
}

impl Handler {
    /// Number of its parameters, all of them words.
    pub(super) fn parameters(self) -> usize {
        match self {
            Self::LocalOutOfBounds => 0,
            Self::Unreachable | Self::MissingReturn | Self::InvalidBuiltin | Self::NullArgument => {
                1
            }
            Self::TypeMismatch
            | Self::NegateOverflow
            | Self::OutOfBounds
            | Self::ArrayBound
            | Self::FloatCast
            | Self::InvalidValue
            | Self::NullReturned
            | Self::FunctionType => 2,
            Self::Overflow(_)
            | Self::DivisionOverflow
            | Self::ShiftOutOfBounds
            | Self::Conversion
            | Self::PointerOverflow => 3,
            Self::AlignmentAssumption => 4,
        }
    }

    /// Whether there is one of that name that returns natively, and one that does not.
    pub(super) fn may_return(self) -> bool {
        !matches!(self, Self::Unreachable | Self::MissingReturn)
    }

    /// What it found: the static data of the check begins with a place in the source, of three words, which the
    /// stack of the report says, too.
    pub(super) fn say(self, data: &Data<'_>, values: [u32; 3]) -> Said {
        let [first, second, _] = values;
        let message = match self {
            Self::TypeMismatch => return type_mismatch(data, first),
            Self::AlignmentAssumption => {
                let [address, alignment, offset] = values;
                format!(
                    "{:#x} is assumed to be a multiple of {alignment}",
                    address.wrapping_sub(offset)
                )
            }
            Self::Overflow(what) => overflow(data, what, (first, second)),
            Self::NegateOverflow => {
                let ty = data.ty(3);
                format!("{}: -({}) does not fit into {ty}", kind(&ty), data.value(&ty, first))
            }
            Self::DivisionOverflow => division(data, first, second),
            Self::ShiftOutOfBounds => shift(data, first, second),
            Self::OutOfBounds => {
                let index = data.value(&data.ty(4), first);
                format!("index {index} is out of bounds of {}", data.ty(3))
            }
            Self::LocalOutOfBounds => "an access goes beyond the object that it is made to".into(),
            Self::Unreachable => "what is marked as unreachable was reached".into(),
            Self::MissingReturn => "a function that has to return a value ended without one".into(),
            Self::ArrayBound => {
                let bound = data.value(&data.ty(3), first);
                format!("an array of variable length has {bound} elements")
            }
            Self::FloatCast => {
                let from = data.ty(3);
                format!("{} does not fit into {}", data.value(&from, first), data.ty(4))
            }
            Self::InvalidValue => {
                let ty = data.ty(3);
                format!("{} is no value of {ty}", data.value(&ty, first))
            }
            Self::Conversion => conversion(data, first, second),
            Self::InvalidBuiltin => match data.word(3) & 0xff {
                0 => "the trailing zeros of 0 are counted".into(),
                1 => "the leading zeros of 0 are counted".into(),
                _ => "what is assumed is not so".into(),
            },
            Self::NullReturned => "a function that is declared never to return null does".into(),
            Self::NullArgument => {
                format!("argument {} is null, and is declared never to be", data.word(6))
            }
            Self::PointerOverflow => pointer_overflow(first, second),
            Self::FunctionType => {
                format!("a function is called through a pointer of another type, {}", data.ty(3))
            }
        };
        Said { message, about: None }
    }
}

/// What is wrong with a pointer to an object of some type.
fn type_mismatch(data: &Data<'_>, address: u32) -> Said {
    let (ty, word) = (data.ty(3), data.word(4));
    let (log2, check) = (word & 0xff, (word >> 8) & 0xff);
    let what = match check {
        0 => "load of",
        1 => "store to",
        2 => "reference to",
        3 => "use of a member of",
        4 => "call of a member of",
        5 => "construction of",
        6..=9 => "cast of",
        10 => "use where null may not be, of",
        _ => "use of",
    };
    let alignment = 1_u32.checked_shl(log2).unwrap_or(1).max(1);
    let wrong = match address {
        0 => "through a null pointer".into(),
        _ if address.checked_rem(alignment) != Some(0) => {
            format!("at {address:#x}, which is no multiple of {alignment}")
        }
        _ => format!("at {address:#x}, where there is no room for it"),
    };
    Said {
        message: format!("{what} {ty} {wrong}"),
        about: Some(About { address, size: ty.size(), writes: matches!(check, 1 | 5) }),
    }
}

/// How an overflow of integers of that type is called.
fn kind(ty: &Type) -> &'static str {
    match ty.is_signed() {
        Some(true) => "signed integer overflow",
        Some(false) => "unsigned integer overflow",
        None => "integer overflow",
    }
}

fn overflow(data: &Data<'_>, what: Arithmetic, (left, right): (u32, u32)) -> String {
    let ty = data.ty(3);
    let sign = match what {
        Arithmetic::Addition => '+',
        Arithmetic::Subtraction => '-',
        Arithmetic::Multiplication => '*',
    };
    let (left, right) = (data.value(&ty, left), data.value(&ty, right));
    format!("{}: {left} {sign} {right} does not fit into {ty}", kind(&ty))
}

fn division(data: &Data<'_>, left: u32, right: u32) -> String {
    let ty = data.ty(3);
    let (left, right) = (data.value(&ty, left), data.value(&ty, right));
    match right {
        // Of floating-point numbers nothing else is looked for.
        _ if right.is_zero() || ty.is_float() => {
            format!("division by zero: of {left}, of type {ty}")
        }
        Value::Unknown => format!("division by zero, or integer overflow, of type {ty}"),
        _ => format!("{}: {left} / {right} does not fit into {ty}", kind(&ty)),
    }
}

fn shift(data: &Data<'_>, left: u32, right: u32) -> String {
    let (ty, by) = (data.ty(3), data.ty(4));
    let (left, right) = (data.value(&ty, left), data.value(&by, right));
    let bits = ty.bits().unwrap_or(u32::MAX);
    if right.is_negative() {
        format!("shift by {right}, which is negative")
    } else if right.reaches(bits) {
        format!("shift by {right}, where {ty} has {bits} bits")
    } else if left.is_negative() {
        format!("shift of {left}, which is negative")
    } else {
        format!("{left} shifted by {right} does not fit into {ty}")
    }
}

fn conversion(data: &Data<'_>, from: u32, to: u32) -> String {
    let (source, target) = (data.ty(3), data.ty(4));
    let (from, to) = (data.value(&source, from), data.value(&target, to));
    format!("{from} of type {source} becomes {to} as {target}")
}

fn pointer_overflow(base: u32, result: u32) -> String {
    match (base, result) {
        (0, 0) => "0 is added to a null pointer".into(),
        (0, _) => format!("{result:#x} is added to a null pointer"),
        (_, 0) => format!("an offset to {base:#x} makes a null pointer"),
        _ => format!("an offset to {base:#x} overflows to {result:#x}"),
    }
}
