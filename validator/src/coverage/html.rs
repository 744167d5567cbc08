//! One page with everything in it: no script, nothing that is fetched, and every text escaped.
//!
//! Names, paths and sources come from the interpreter and from content, which may be anybody's.

mod parts;

use super::{ContentCoverage, Coverage, FieldState, FileCoverage, LineCoverage, SourceTree};
use crate::coverage::human::counted;
use parts::{Bar, Text, count, percent};
use std::io::{self, Write};

/// Instances of one content that are drawn; a larger grid is no picture any more.
const INSTANCES: usize = 300;
/// Functions in the table; the report for programs has all of them.
const FUNCTIONS: usize = 2_000;

const STYLE: &str = include_str!("html/style.css");

/// Writes the page, with the sources that `tree` has.
///
/// # Errors
/// If it cannot be written.
pub fn html(coverage: &Coverage, tree: &SourceTree, out: &mut impl Write) -> io::Result<()> {
    let id = Text(&coverage.interpreter);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Coverage of {id}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>Coverage of {id}</h1>\n<p class=\"dim mono\">{}</p></header>\n",
        Text(&coverage.digest)
    )?;
    tiles(coverage, out)?;
    contents(coverage, out)?;
    functions(coverage, out)?;
    files(coverage, tree, out)?;
    writeln!(
        out,
        "<footer>proofhouse {}: what content and events exercised of their interpreter.</footer>\n\
         </body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )?;
    out.flush()
}

fn tiles(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"tiles\">")?;
    for (name, part) in [
        ("Lines", coverage.lines),
        ("Edges", coverage.edges),
        ("Functions", coverage.entered),
        ("Fields", coverage.fields()),
    ] {
        let value = if part.all > 0 { percent(part) } else { "not known".to_owned() };
        let bar = if part.all > 0 { Bar(part).to_string() } else { String::new() };
        let of = if part.all > 0 { count(part) } else { "&nbsp;".to_owned() };
        writeln!(
            out,
            "<li><div class=\"name\">{name}</div><div class=\"value\">{value}</div>{bar}\
             <div class=\"dim\">{of}</div></li>"
        )?;
    }
    writeln!(out, "</ul>")
}

fn contents(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "<h2>Content</h2>\n<div class=\"table\"><table><thead><tr><th>file</th>\
         <th class=\"n\">fields evaluated</th><th>outcome with {}</th></tr></thead><tbody>",
        counted(coverage.events, "event")
    )?;
    for content in &coverage.contents {
        let fields = match content.fields.part() {
            Some(part) => count(part),
            None => "not known".to_owned(),
        };
        writeln!(
            out,
            "<tr><td class=\"mono\">{}</td><td class=\"n\">{fields}</td><td>{}</td></tr>",
            Text(&content.path),
            Text(&content.outcome)
        )?;
    }
    writeln!(out, "</tbody></table></div>")?;
    if coverage.contents.iter().all(|content| !has_grid(content)) {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Fields</h2>\n<p class=\"legend dim\"><span class=\"f-e\">+</span>evaluated\
         <span class=\"f-n\">0</span>loaded and never evaluated\
         <span class=\"f-w\">*</span>wildcard, never evaluated\
         <span class=\"f-u\">?</span>not known</p>"
    )?;
    coverage.contents.iter().filter(|content| has_grid(content)).try_for_each(|c| grid(c, out))
}

fn has_grid(content: &ContentCoverage) -> bool {
    !content.fields.instances.is_empty()
}

/// A row for each instance, a column for each input.
fn grid(content: &ContentCoverage, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<h3 class=\"mono\">{}</h3>", Text(&content.path))?;
    if let Some(reason) = content.fields.not_known {
        writeln!(
            out,
            "<p class=\"dim\">Not known of all fields: {}.</p>",
            Text(&reason.to_string())
        )?;
    }
    let instances = &content.fields.instances;
    let inputs = instances.iter().map(|instance| instance.fields.len()).max().unwrap_or(0);
    write!(out, "<div class=\"table\"><table class=\"grid\"><tr><th class=\"id\">input</th>")?;
    for input in 1..=inputs {
        write!(out, "<th>{input}</th>")?;
    }
    writeln!(out, "</tr>")?;
    for instance in instances.iter().take(INSTANCES) {
        write!(out, "<tr><th class=\"id\">instance {}</th>", instance.id)?;
        for field in &instance.fields {
            let (class, sign) = match (field.state, field.is_wildcard) {
                (FieldState::Evaluated, _) => ("f-e", '+'),
                (FieldState::Never, false) => ("f-n", '0'),
                (FieldState::Never, true) => ("f-w", '*'),
                (FieldState::NotKnown, _) => ("f-u", '?'),
            };
            write!(out, "<td class=\"{class}\">{sign}</td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table></div>")?;
    let more = instances.len().saturating_sub(INSTANCES);
    if more > 0 {
        writeln!(out, "<p class=\"dim\">and {more} more instances</p>")?;
    }
    Ok(())
}

fn functions(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "<h2>Functions</h2>\n<div class=\"table\"><table><thead><tr><th>function</th>\
         <th class=\"n\">hits</th><th class=\"n\">lines</th><th></th><th class=\"n\">edges</th>\
         <th></th><th>file</th></tr></thead><tbody>"
    )?;
    for function in coverage.functions.iter().take(FUNCTIONS) {
        write!(
            out,
            "<tr><td class=\"mono\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td>{}</td><td class=\"n\">{}</td><td>{}</td>",
            Text(&function.name),
            function.hits,
            count(function.lines),
            Bar(function.lines),
            count(function.edges),
            Bar(function.edges)
        )?;
        match (function.file, coverage.file_of(function), function.line) {
            (Some(number), Some(path), Some(line)) => writeln!(
                out,
                "<td class=\"mono\"><a href=\"#file-{number}\">{}:{line}</a></td></tr>",
                Text(short(path))
            )?,
            _ => writeln!(out, "<td></td></tr>")?,
        }
    }
    writeln!(out, "</tbody></table></div>")?;
    let more = coverage.functions.len().saturating_sub(FUNCTIONS);
    if more > 0 {
        writeln!(out, "<p class=\"dim\">and {more} more functions</p>")?;
    }
    Ok(())
}

/// The last two components: the whole path stands at the file.
fn short(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    let (_, second) = (slashes.next(), slashes.next());
    second.and_then(|(at, _)| path.get(at.saturating_add(1)..)).unwrap_or(path)
}

fn files(coverage: &Coverage, tree: &SourceTree, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<h2>Files</h2>")?;
    if coverage.files.is_empty() {
        return writeln!(
            out,
            "<p class=\"dim\">Lines are not known: the module has no debug information that can be \
             read.</p>"
        );
    }
    let mut sources = tree.reader();
    let found = coverage.files.iter().enumerate().map(|(number, file)| {
        let last = file.lines.last_key_value().map_or(0, |(line, _)| *line);
        (number, file, sources.read(&file.path, last))
    });
    let mut found: Vec<_> = found.collect();
    // What can be read comes first.
    found.sort_by_key(|(_, _, text)| text.is_none());
    for (number, file, text) in found {
        let part = file.part();
        writeln!(
            out,
            "<details id=\"file-{number}\"><summary><span class=\"mono\">{}</span>\
             <span class=\"count\">{} lines, {}</span>{}</summary>",
            Text(&file.path),
            count(part),
            percent(part),
            Bar(part)
        )?;
        match text {
            Some(found) => source(file, &found.text, out)?,
            None => lines_alone(file, out)?,
        }
        writeln!(out, "</details>")?;
    }
    Ok(())
}

fn source(file: &FileCoverage, text: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<div class=\"source\"><table>")?;
    for (number, line) in (1u32..).zip(text.lines()) {
        row(number, file.lines.get(&number), line, out)?;
    }
    writeln!(out, "</table></div>")
}

/// Without the text: the numbers of the lines with code.
fn lines_alone(file: &FileCoverage, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<div class=\"source\"><table>")?;
    for (number, line) in &file.lines {
        row(*number, Some(line), "", out)?;
    }
    writeln!(out, "</table></div>")
}

fn row(
    number: u32,
    line: Option<&LineCoverage>,
    text: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let text = Text(text);
    let Some(line) = line else {
        return writeln!(out, "<tr><td>{number}</td><td></td><td>{text}</td></tr>");
    };
    let class = match line {
        LineCoverage { hits: 0, .. } => "l-m",
        line if line.is_partly() => "l-p",
        _ => "l-h",
    };
    let blocks = line.blocks;
    writeln!(
        out,
        "<tr class=\"{class}\"><td>{number}</td><td title=\"{} of {} blocks\">{}</td><td>{text}</td></tr>",
        blocks.hit, blocks.all, line.hits
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::coverage::{Counts, FieldCoverage, NotKnown};
    use proofhouse_sandbox::{PointPlace, SourceFunction, SourceLine, Sources};

    const HOSTILE: &str = "</td><script>alert('x')</script>\"&<!-- --><style>";

    fn page(text: &str) -> String {
        let sources = Sources {
            files: vec![text.into(), "b.c".into()],
            functions: vec![
                SourceFunction { name: text.into(), file: Some(0) },
                SourceFunction { name: "f".into(), file: Some(1) },
            ],
            lines: vec![
                SourceLine { file: 0, line: 1, function: 0 },
                SourceLine { file: 1, line: 2, function: 1 },
            ],
            points: vec![
                PointPlace { function: 0, lines: vec![0] },
                PointPlace { function: 1, lines: vec![1] },
            ],
        };
        let mut counts = Counts::none(2);
        counts.add([7, 0]);
        let content = ContentCoverage {
            path: text.into(),
            digest: None,
            outcome: text.into(),
            is_judged: true,
            fields: FieldCoverage::unknown(NotKnown::NoDecoder),
        };
        let coverage = Coverage::new(text.into(), text.into(), 1, vec![content], &sources, &counts);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b.c"), format!("one\n{text}\nthree")).unwrap();
        let dir = cap_std::fs::Dir::open_ambient_dir(folder.path(), cap_std::ambient_authority());
        let (shown, absolute) = ("src".into(), folder.path().to_owned());
        let mount = crate::coverage::Mount { dir: dir.unwrap(), shown, prefix: None, absolute };
        let mut out = Vec::new();
        html(&coverage, &SourceTree::new(vec![mount]), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// All tags of a page, without what stands between them.
    fn tags(page: &str) -> Vec<&str> {
        page.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
    }

    #[test]
    fn nothing_that_is_shown_becomes_markup() {
        // Both sort before the other file.
        let (plain, hostile) = (page("a plain one"), page(HOSTILE));
        assert_eq!(tags(&plain), tags(&hostile));
        assert!(!hostile.contains("<script") && !plain.contains("<script"));
        assert_eq!(hostile.matches("&lt;script&gt;").count(), 9, "{hostile}");
    }

    #[test]
    fn the_source_stands_beside_its_hits() {
        let page = page("plain");
        assert!(page.contains("<tr><td>1</td><td></td><td>one</td></tr>"), "{page}");
        let missed =
            "<tr class=\"l-m\"><td>2</td><td title=\"0 of 1 blocks\">0</td><td>plain</td></tr>";
        assert!(page.contains(missed), "{page}");
        let without_text =
            "<tr class=\"l-h\"><td>1</td><td title=\"1 of 1 blocks\">7</td><td></td></tr>";
        assert!(page.contains(without_text), "{page}");
        // What can be read comes first, and nothing is fetched from anywhere.
        assert!(page.find("id=\"file-0\"").unwrap() < page.find("id=\"file-1\"").unwrap());
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src="));
    }
}
