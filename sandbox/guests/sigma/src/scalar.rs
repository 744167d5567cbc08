//! Where in a YAML document a scalar is.
//!
//! The parser knows, and tells only where reading fails. So the scalar that is looked for is read as a failure.

use std::fmt;

use proofhouse_guest::Position;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess as _,
    Visitor,
};

/// What a scalar is to the mapping that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Value,
}

/// The first scalar for which `wanted` holds. That gets the keys above the scalar, what it is, and its text. A
/// list is as if each of its members stood alone.
///
/// # Errors
///
/// Where the text is no YAML. Nothing behind that can be read.
pub(crate) fn find(
    document: yaml_serde::Deserializer<'_>,
    wanted: impl FnMut(&[&str], Role, &str) -> bool,
) -> Result<Option<Position>, yaml_serde::Error> {
    let mut search = Search { wanted, path: Vec::new(), found: false };
    match Node(&mut search).deserialize(document) {
        Ok(()) => Ok(None),
        Err(error) if search.found => Ok(position(&error)),
        Err(error) => Err(error),
    }
}

/// Where the YAML parser was.
pub(crate) fn position(error: &yaml_serde::Error) -> Option<Position> {
    error.location().map(|place| Position { line: place.line(), column: place.column() })
}

struct Search<F> {
    wanted: F,
    path: Vec<String>,
    found: bool,
}

impl<F: FnMut(&[&str], Role, &str) -> bool> Search<F> {
    fn meet<E: Error>(&mut self, role: Role, scalar: &str) -> Result<(), E> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        self.found = (self.wanted)(&path, role, scalar);
        if self.found { Err(E::custom("found")) } else { Ok(()) }
    }
}

/// Whatever stands at one place of a document.
struct Node<'s, F>(&'s mut Search<F>);

impl<'de, F: FnMut(&[&str], Role, &str) -> bool> DeserializeSeed<'de> for Node<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&[&str], Role, &str) -> bool> Visitor<'de> for Node<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: Error>(self, scalar: &str) -> Result<(), E> {
        self.0.meet(Role::Value, scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i128<E>(self, _: i128) -> Result<(), E> {
        Ok(())
    }

    fn visit_u128<E>(self, _: u128) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_element_seed(Node(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key_seed(Key(self.0))? {
            self.0.path.push(key);
            members.next_value_seed(Node(self.0))?;
            self.0.path.pop();
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (_, value) = tagged.variant::<String>()?;
        value.newtype_variant_seed(self)
    }
}

/// The key of a member, a scalar.
struct Key<'s, F>(&'s mut Search<F>);

impl<'de, F: FnMut(&[&str], Role, &str) -> bool> DeserializeSeed<'de> for Key<'_, F> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: FnMut(&[&str], Role, &str) -> bool> Visitor<'_> for Key<'_, F> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        self.0.meet(Role::Key, key)?;
        Ok(key.to_owned())
    }
}
