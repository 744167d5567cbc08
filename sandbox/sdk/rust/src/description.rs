//! What an interpreter says about itself.

use serde_json::{Value, json};

/// Name and version of an interpreter, the kinds of content it takes and the contracts it keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    name: String,
    version: String,
    content: Vec<Value>,
    contracts: Vec<Value>,
}

impl Description {
    /// Names the document's shape, for readers that meet several.
    pub const SCHEMA: &str = "proofhouse.describe/1";

    /// An interpreter that takes no content yet: see [`content`](Self::content).
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            content: Vec::new(),
            contracts: Vec::new(),
        }
    }

    /// Adds a kind of content, and the file name patterns (globs) by which files of that kind are
    /// found in a directory.
    #[must_use]
    pub fn content<'a>(mut self, kind: &str, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let patterns: Vec<&str> = patterns.into_iter().collect();
        self.content.push(json!({ "kind": kind, "patterns": patterns }));
        self
    }

    /// Adds a contract: what this interpreter supplies to content, for example the number of inputs
    /// of each template type. Its shape belongs to the kind of content that it speaks of.
    #[must_use]
    pub fn contract(mut self, contract: Value) -> Self {
        self.contracts.push(contract);
        self
    }

    /// The JSON document that the host reads.
    pub fn to_json(&self) -> String {
        let Self { name, version, content, contracts } = self;
        json!({
            "schema": Self::SCHEMA,
            "name": name,
            "version": version,
            "content": content,
            "contracts": contracts,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_has_the_published_shape() {
        let description = Description::new("channel", "7.11")
            .content("channel-file/1", ["*.chan", "*.ch"])
            .contract(json!({ "kind": "channel-file/1" }));
        assert_eq!(
            description.to_json(),
            r#"{"schema":"proofhouse.describe/1","name":"channel","version":"7.11","content":[{"kind":"channel-file/1","patterns":["*.chan","*.ch"]}],"contracts":[{"kind":"channel-file/1"}]}"#
        );
    }

    #[test]
    fn text_is_escaped() {
        let json = Description::new("a\"\\\n\u{1}", "1").to_json();
        let read: Value = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(read.get("name").and_then(Value::as_str), Some("a\"\\\n\u{1}"));
    }
}
