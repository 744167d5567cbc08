//! What an interpreter says of itself: the JSON of `proofhouse_describe`.
//!
//! Its published schema is `docs/schemas/describe-1.json`. Unknown members are tolerated, so that an
//! interpreter may say more than this version understands.

use serde::{Deserialize, Serialize};

/// The `schema` member of a description.
pub const DESCRIBE_SCHEMA: &str = "proofhouse.describe/1";

/// An interpreter, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Description {
    /// [`DESCRIBE_SCHEMA`].
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its version: the upstream one where it wraps somebody else's interpreter.
    pub version: String,
    /// What it takes.
    #[serde(default)]
    pub content: Vec<ContentKind>,
    /// What it supplies to content.
    #[serde(default)]
    pub contracts: Vec<Contract>,
}

/// One kind of content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ContentKind {
    /// Its name, such as `channel-file/1`.
    pub kind: String,
    /// Globs of the file names that hold it.
    #[serde(default)]
    pub patterns: Vec<String>,
}

/// What an interpreter supplies to one kind of content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind")]
pub enum Contract {
    /// Template types of channel files and the inputs that the interpreter's code supplies for each.
    #[serde(rename = "channel-file/1")]
    ChannelFile {
        /// One for each template type that it knows.
        template_types: Vec<TemplateType>,
    },
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A template type as an interpreter supplies it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TemplateType {
    /// Its number in channel files.
    pub id: u32,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Inputs that the interpreter's code supplies.
    pub inputs: u32,
}

/// Why a description is refused.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// Not the JSON of the schema.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Another schema.
    #[error("its schema is `{0}`, this version reads `{DESCRIBE_SCHEMA}`")]
    Schema(String),
    /// A name that would not be shown as it is.
    #[error("its {0} is empty, has control characters or is longer than {MAX_NAME_CHARACTERS}")]
    Name(&'static str),
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// If it is not JSON of that schema, or its name or version is none.
    pub fn parse(json: &[u8]) -> Result<Self, DescriptionError> {
        let description: Self = serde_json::from_slice(json)?;
        if description.schema != DESCRIBE_SCHEMA {
            return Err(DescriptionError::Schema(description.schema));
        }
        for (what, name) in [("name", &description.name), ("version", &description.version)] {
            if !is_name(name) {
                return Err(DescriptionError::Name(what));
            }
        }
        Ok(description)
    }
}

/// Most characters of a name and of a version.
const MAX_NAME_CHARACTERS: usize = 256;

/// Whether it can stand in a line of a report.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= MAX_NAME_CHARACTERS
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, version: &str) -> Result<Description, DescriptionError> {
        let json = serde_json::json!({
            "schema": DESCRIBE_SCHEMA, "name": name, "version": version, "content": []
        });
        Description::parse(json.to_string().as_bytes())
    }

    #[test]
    fn a_name_and_a_version_fit_on_a_line() {
        let long = "x".repeat(MAX_NAME_CHARACTERS);
        assert!(parse("sensor", "7.10 (é)").is_ok());
        assert!(parse(&long, &long).is_ok());
        for wrong in ["", "a\nb", "\u{1b}]0;t\u{7}", "a\u{9b}", &format!("{long}x")] {
            assert!(matches!(parse(wrong, "1"), Err(DescriptionError::Name("name"))), "{wrong:?}");
            let version = parse("a", wrong);
            assert!(matches!(version, Err(DescriptionError::Name("version"))), "{wrong:?}");
        }
    }
}
