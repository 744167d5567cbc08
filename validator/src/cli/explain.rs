//! `proofhouse explain`: the page of a finding's code.

use super::args::Explain;
use super::{Failure, exit};
use crate::finding::Code;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

pub(super) fn run(args: &Explain) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    if let Some(name) = &args.code {
        let unknown =
            || format!("no finding has the code `{name}`; `proofhouse explain` lists them");
        text.push_str(Code::named(name).ok_or_else(|| Failure::Usage(unknown()))?.page());
    } else {
        for code in Code::ALL {
            let severity = format!("{:?}", code.severity()).to_lowercase();
            let summary = first_sentence(code.page());
            // Writing to a string does not fail.
            let _ = writeln!(text, "{:<28}{severity:<9}{summary}", code.name());
        }
    }
    anstream::stdout().write_all(text.as_bytes()).map_err(|e| Failure::unjudged(&e))?;
    Ok(ExitCode::from(exit::ACCEPTED))
}

/// The first sentence below a page's title.
fn first_sentence(page: &str) -> String {
    let body = page.lines().skip(1).skip_while(|line| line.is_empty());
    let paragraph: Vec<&str> = body.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    paragraph.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}
