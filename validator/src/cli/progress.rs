//! A progress bar for calls with more than a handful of files, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Below this a bar would only flicker.
const HANDFUL: usize = 8;

/// A bar for that many files; it draws nothing where there is nobody to see it.
pub(super) fn bar(files: usize) -> ProgressBar {
    let length = u64::try_from(files).unwrap_or(u64::MAX);
    if files <= HANDFUL || !std::io::stderr().is_terminal() {
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
