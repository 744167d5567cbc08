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
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// If it is not JSON of that schema.
    pub fn parse(json: &[u8]) -> Result<Self, DescriptionError> {
        let description: Self = serde_json::from_slice(json)?;
        if description.schema != DESCRIBE_SCHEMA {
            return Err(DescriptionError::Schema(description.schema));
        }
        Ok(description)
    }
}
