//! A progress bar for calls with more than a handful of files, on a terminal only; and what gives it the way.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};
use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::{Mutex, PoisonError};

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
    let bar = match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    gives_way_to_log(&bar);
    bar
}

/// The bar that is on the terminal, if there is one.
static SHOWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// From now on, and as long as the bar is there, it gives way to what is logged.
pub(super) fn gives_way_to_log(bar: &ProgressBar) {
    *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
}

/// What is logged goes to stderr, each time a whole line.
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match shown.and_then(|bar| bar.upgrade()) {
            Some(bar) => bar.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use indicatif::TermLike;
    use std::sync::Arc;

    /// What is done to a terminal, in the order of it.
    #[derive(Clone, Debug, Default)]
    struct Terminal(Arc<Mutex<Vec<&'static str>>>);

    impl Terminal {
        fn note(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }
    }

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, _: &str) -> io::Result<()> {
            self.note("bar");
            Ok(())
        }

        fn write_str(&self, _: &str) -> io::Result<()> {
            self.note("bar");
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.note("clear");
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_gives_way_to_what_is_logged() {
        let terminal = Terminal::default();
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(100), target);
        bar.tick();
        let before = terminal.0.lock().unwrap().len();
        Log.write_all(b"logged while there is none\n").unwrap();
        assert_eq!(terminal.0.lock().unwrap().len(), before);
        gives_way_to_log(&bar);
        Log.write_all(b"logged while there is a bar\n").unwrap();
        let noted = terminal.0.lock().unwrap().split_off(before);
        let at = |what| noted.iter().position(|noted| *noted == what);
        assert!(at("clear").is_some() && at("clear") < at("bar"), "{noted:?}");
    }
}
