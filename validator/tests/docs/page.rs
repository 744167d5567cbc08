//! What a page's fenced blocks are for, by the mark before each of them: an HTML comment, which readers do
//! not see.
//!
//! ```text
//! <!-- doc: file PATH -->      the block is a file, written to PATH
//! <!-- doc: output -->         the block is what the last commands write to stdout
//! <!-- doc: exit CODE -->      the block's exit code is not 0
//! <!-- doc: exit CODE... -->   one code for each command of the block, which are run one by one
//! <!-- doc: skip REASON -->    the block is not run
//! <!-- doc: needs CONDITION -->  anywhere: where this shell command fails, the page is not run
//! ```
//!
//! A `sh` block without a mark is one script, which has to end with 0 and whose every command has to; a
//! block of another language without a mark is text.

/// A page, understood.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) steps: Vec<Step>,
    pub(crate) needs: Vec<String>,
}

/// One block.
#[derive(Debug)]
pub(crate) struct Step {
    /// Line of the page on which the block begins, from 1.
    pub(crate) line: usize,
    pub(crate) action: Action,
}

/// What is done with it.
#[derive(Debug)]
pub(crate) enum Action {
    File {
        path: String,
        text: String,
    },
    /// Scripts with their exit codes.
    Run {
        commands: Vec<(String, i32)>,
    },
    Output {
        expected: String,
    },
    Skip,
}

impl Action {
    /// Whether it is a block of commands, run or not.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self, Self::Run { .. } | Self::Skip)
    }
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// A mark that is not understood or that stands before no block.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut steps, mut needs) = (Vec::new(), Vec::new());
        let mut mark: Option<String> = None;
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let number = at.saturating_add(1);
            if let Some(language) = line.strip_prefix("```") {
                let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
                let block: String = block.flat_map(|line| [line, "\n"]).collect();
                let action = action(language, mark.take().as_deref(), block);
                if let Some(action) =
                    action.map_err(|problem| format!("line {number}: {problem}"))?
                {
                    steps.push(Step { line: number, action });
                }
            } else if let Some(found) = line.strip_prefix("<!-- doc: ") {
                let found = found.strip_suffix(" -->").ok_or(format!("line {number}: no end"))?;
                match found.strip_prefix("needs ") {
                    Some(condition) => needs.push(condition.to_owned()),
                    None => mark = Some(found.to_owned()),
                }
            } else if let (Some(mark), false) = (&mark, line.is_empty()) {
                return Err(format!("line {number}: no block behind `{mark}`"));
            }
        }
        Ok(Self { steps, needs })
    }
}

fn action(language: &str, mark: Option<&str>, text: String) -> Result<Option<Action>, String> {
    let (word, rest) = mark.map_or(("", ""), |mark| mark.split_once(' ').unwrap_or((mark, "")));
    Ok(Some(match (word, language) {
        ("file", _) if !rest.is_empty() => Action::File { path: rest.to_owned(), text },
        ("output", "text") => Action::Output { expected: text },
        ("skip", "sh") if !rest.is_empty() => Action::Skip,
        ("exit", "sh") => Action::Run { commands: with_codes(text, rest)? },
        ("", "sh") => Action::Run { commands: vec![(text, 0)] },
        ("", _) => return Ok(None),
        _ => return Err(format!("`{word} {rest}` is no mark for a block of {language}")),
    }))
}

/// The whole block with one code, or each of its commands with its own.
fn with_codes(text: String, codes: &str) -> Result<Vec<(String, i32)>, String> {
    let codes: Vec<i32> = codes
        .split_whitespace()
        .map(|code| code.parse().map_err(|_| format!("`{code}` is no exit code")))
        .collect::<Result<_, String>>()?;
    if let [code] = codes[..] {
        return Ok(vec![(text, code)]);
    }
    // A command reaches to the end of a line that does not end in a backslash.
    let mut commands = vec![String::new()];
    for line in text.lines() {
        let command = commands.last_mut().unwrap();
        command.extend([line, "\n"]);
        if !line.ends_with('\\') {
            commands.push(String::new());
        }
    }
    commands.retain(|command| !command.trim().is_empty());
    if commands.len() != codes.len() {
        return Err(format!("{} commands and {} exit codes", commands.len(), codes.len()));
    }
    Ok(commands.into_iter().zip(codes).collect())
}
