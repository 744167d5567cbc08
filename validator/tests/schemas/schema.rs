//! A published schema.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A schema in both of its forms.
pub(crate) struct Schema {
    published: Validator,
    strict: Validator,
}

impl Schema {
    /// The schema of `docs/schemas/NAME.json`.
    pub(crate) fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
        let text = fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{name} is no schema");
        let published = jsonschema::draft202012::new(&schema).unwrap();
        close(&mut schema);
        Self { published, strict: jsonschema::draft202012::new(&schema).unwrap() }
    }

    /// Whether a document keeps the schema as it is published.
    pub(crate) fn allows(&self, document: &Value) -> bool {
        self.published.is_valid(document)
    }

    /// Demands that a document keeps the schema and says nothing that is not in it.
    pub(crate) fn demand(&self, document: &Value, what: &str) {
        for (form, validator) in [("published", &self.published), ("strict", &self.strict)] {
            let errors: Vec<String> = validator
                .iter_errors(document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{what}, {form} form: {errors:#?}");
        }
    }
}

/// Refuses members that are not described, wherever a schema describes an object.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("object")) {
                members.insert("unevaluatedProperties".into(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
