//! Where regorus is not OPA, as far as public policies meet it: three of 25 test suites. The adapter has no part in
//! it. A newer regorus that is mended here fails these tests; then `docs/guests/README.md` has better counts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use regorus::{Engine, Value};

/// What a rule of a module in the older syntax is, or regorus's words.
fn value(module: &str, rule: &str) -> Result<Value, String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(true);
    engine.set_strict_builtin_errors(false);
    engine.add_policy("m".to_owned(), module.to_owned()).map_err(|error| error.to_string())?;
    engine.set_input(Value::from_json_str("{}").unwrap());
    engine.eval_rule(format!("data.m.{rule}")).map_err(|error| error.to_string())
}

fn refused(module: &str, words: &str) {
    let error = value(module, "p").unwrap_err();
    assert!(error.contains(words), "{error}");
}

/// The grammar of OPA gives a rule one body or more: `{ rule-body }`. `noupdateserviceaccount` is written so.
#[test]
fn second_body_of_a_set_is_taken_for_an_else() {
    refused("package m\np[x] { x := 1 } { x := 2 }", "else cannot be used with set rules");
    let apart = value("package m\np[x] { x := 1 }\np[x] { x := 2 }", "p").unwrap();
    let members: Vec<u64> = apart.as_set().unwrap().iter().map(|x| x.as_u64().unwrap()).collect();
    assert_eq!(members, [1, 2]);
}

/// To OPA a line's end ends a statement where it can. `horizontalpodautoscaler` is written so.
#[test]
fn parenthesis_on_the_next_line_is_taken_for_a_call() {
    refused("package m\np { input\n(1 + 1) == 2 }", "could not find function input");
    let module = "package m\np { true\n1 + 1 == 2 }";
    assert_eq!(value(module, "p").unwrap(), Value::Bool(true));
}

/// OPA evaluates the arguments before the call that is negated, so that an undefined one leaves the body undefined.
/// A test of `users` counts on it.
#[test]
fn undefined_argument_of_a_negated_call_makes_it_true() {
    let module = "package m\nf(_) = true { true }\np { not f(input.missing) }";
    assert_eq!(value(module, "p").unwrap(), Value::Bool(true));
    let before = "package m\nf(_) = true { true }\np { x := input.missing; not f(x) }";
    assert_eq!(value(before, "p").unwrap(), Value::Undefined);
}
