//! Content: one module, or several that belong together.

use std::collections::BTreeMap;

use proofhouse_guest::{Position, Reject};
use regorus::Engine;
use serde_json::{Map, Value};

use crate::refusal::{NOT_UTF8, Refusal, bad_bundle};

/// What a module is called that comes alone.
pub(crate) const ALONE: &str = "content";

/// The customary names of the rules that decide.
const DECISIONS: [&str; 3] = ["violation", "deny", "allow"];

/// Begins the name of a rule that is a test.
const TEST: &str = "test_";

/// Modules by name, and the data document.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    modules: BTreeMap<String, String>,
    data: Option<Value>,
}

impl Bundle {
    /// A module, or `{"modules": {NAME: TEXT}, "data": {...}}`. No module begins with a brace.
    pub(crate) fn read(content: &[u8]) -> Result<Self, Reject> {
        let text = str::from_utf8(content).map_err(|error| {
            Reject::new(NOT_UTF8, "the policy is not UTF-8")
                .at(Position::of(content, error.valid_up_to()))
        })?;
        if !text.trim_start().starts_with('{') {
            let modules = BTreeMap::from([(ALONE.to_owned(), text.to_owned())]);
            return Ok(Self { modules, data: None });
        }
        let document: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            let place = Position { line: error.line(), column: error.column() };
            bad_bundle(&error.to_string()).at(place)
        })?;
        let mut bundle = Self::default();
        for (name, value) in document {
            match (name.as_str(), value) {
                ("modules", Value::Object(modules)) => {
                    for (name, module) in modules {
                        let Value::String(module) = module else {
                            return Err(bad_bundle(&format!("module `{name}` is not a text")));
                        };
                        bundle.modules.insert(name, module);
                    }
                }
                ("data", data @ Value::Object(_)) => bundle.data = Some(data),
                _ => return Err(bad_bundle(&format!("`{name}`: unknown, or of another type"))),
            }
        }
        if bundle.modules.is_empty() { Err(bad_bundle("no modules")) } else { Ok(bundle) }
    }

    /// The modules, for the places of errors that come later.
    pub(crate) fn into_modules(self) -> BTreeMap<String, String> {
        self.modules
    }

    /// Compiles all modules, and names the package of each, as a path below `data`.
    ///
    /// Rego has two syntaxes and most public policies are in the older one, so what is not the newer
    /// is tried as that. Where neither takes it, the one that came further knows what is wrong.
    pub(crate) fn compile(&self) -> Result<(Engine, Vec<String>), Reject> {
        let newer = match self.compile_as(false) {
            Ok(compiled) => return Ok(compiled),
            Err(refusal) => refusal,
        };
        self.compile_as(true).map_err(|older| Refusal::further(newer, older).into())
    }

    fn compile_as(&self, v0: bool) -> Result<(Engine, Vec<String>), Refusal> {
        let mut engine = Engine::new();
        engine.set_rego_v0(v0);
        // As OPA runs by default: a builtin that fails is undefined.
        engine.set_strict_builtin_errors(false);
        engine.set_gather_prints(true);
        let mut packages = Vec::new();
        for (name, module) in &self.modules {
            let package = engine.add_policy(name.clone(), module.clone());
            packages.push(package.map_err(|error| Refusal::read(&error, &self.modules))?);
        }
        if let Some(data) = &self.data {
            engine
                .add_data_json(&data.to_string())
                .map_err(|e| Refusal::read(&e, &self.modules))?;
        }
        // regorus analyses modules before the first evaluation, whatever that is of.
        engine
            .eval_query("1".to_owned(), false)
            .map_err(|error| Refusal::read(&error, &self.modules))?;
        Ok((engine, packages))
    }

    /// Paths of the rules with customary names, in the order of the modules.
    pub(crate) fn decisions(&self, engine: &Engine, packages: &[String]) -> Vec<String> {
        let mut rules = Vec::new();
        for (name, package) in self.modules.keys().zip(packages) {
            for rule in DECISIONS {
                declared(engine, name, package, rule, &mut rules);
            }
        }
        rules
    }

    /// Paths of the rules that are tests, in the order of the modules and of the lines.
    pub(crate) fn tests(&self, engine: &Engine, packages: &[String]) -> Vec<String> {
        let mut rules = Vec::new();
        for ((name, module), package) in self.modules.iter().zip(packages) {
            // The engine answers whether there is such a rule; what to ask for is read off the text.
            for line in module.lines().filter(|line| line.starts_with(TEST)) {
                let end = line.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let rule = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
                declared(engine, name, package, rule, &mut rules);
            }
        }
        rules
    }
}

/// Adds the path of a rule, if the module has it.
fn declared(engine: &Engine, module: &str, package: &str, rule: &str, rules: &mut Vec<String>) {
    let path = format!("{package}.{rule}");
    let known = engine.has_declared_rule_rooted_at(module, rule).unwrap_or(false);
    if known && !rules.contains(&path) {
        rules.push(path);
    }
}
