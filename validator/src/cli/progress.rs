//! A progress bar for calls with more than a handful of files, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Stdout, Write};

/// Below this a bar would only flicker.
const HANDFUL: usize = 8;

/// A bar for that many files; it draws nothing where there is nobody to see it.
pub(super) fn bar(files: usize) -> ProgressBar {
    let length = u64::try_from(files).unwrap_or(u64::MAX);
    if files <= HANDFUL || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let template = if colour {
        "{bar:40.green} {pos}/{len} files  {per_sec}  {eta} left"
    } else {
        "{bar:40} {pos}/{len} files  {per_sec}  {eta} left"
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Stdout, in whole lines where it is the terminal that the bar is on: the bar gives way to each of them.
pub(super) fn beside(bar: &ProgressBar, out: Stdout) -> Box<dyn Write> {
    if bar.is_hidden() || !out.is_terminal() {
        return Box::new(out);
    }
    Box::new(Beside { bar: bar.clone(), out, begun: Vec::new() })
}

struct Beside {
    bar: ProgressBar,
    out: Stdout,
    /// A line that has no end yet. The bar would be drawn behind it, and take it away with itself.
    begun: Vec<u8>,
}

impl Beside {
    fn show(&mut self, bytes: usize) -> io::Result<()> {
        let Self { bar, out, begun } = self;
        let shown = bar.suspend(|| {
            out.write_all(begun.get(..bytes).unwrap_or_default())?;
            out.flush()
        });
        begun.drain(..bytes.min(begun.len()));
        shown
    }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        if let Some(behind) = bytes.iter().rev().position(|&byte| byte == b'\n') {
            self.show(self.begun.len().saturating_sub(behind))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.show(self.begun.len())
    }
}
