//! The lines of a block of text that match: cut, matched and gathered in one call. The twin of `select_lines.py`.

use crate::engine::Engine;
use crate::events::{match_other, too_many_combinations, with_workspace, Unmatched, Workspace};
use memchr::memchr;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PyTuple};
use std::borrow::Cow;
use std::slice::from_raw_parts;

/// Lines matched before the lock is let go and taken again.
const LINES_AT_ONCE: usize = 256;

/// How far a selection has come.
#[derive(Default)]
struct Selection {
    output: Vec<u8>,
    selected: usize,
    lines: usize,
    consumed: usize,
}

/// A line that the core does not answer for.
struct Unanswered {
    start: usize,
    end: usize,
    why: Unmatched,
}

pub fn select<'py>(
    engine: &Engine,
    data: &Bound<'py, PyAny>,
    invert: bool,
    at_most: usize,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = data.py();
    let view = if data.is_exact_instance_of::<PyBytes>() { None } else { view_of_bytes(data)? };
    let text: Cow<'_, [u8]> = match (data.cast_exact::<PyBytes>(), &view) {
        (Ok(bytes), _) => Cow::Borrowed(bytes.as_bytes()),
        // SAFETY: a contiguous memoryview whose object is bytes, into which nobody may write; they live as long as the
        // view.
        (_, Some(view)) => Cow::Borrowed(unsafe { from_raw_parts(view.buf_ptr().cast(), view.len_bytes()) }),
        (_, None) => Cow::Owned(data.call_method0("tobytes")?.extract()?), // others may write into it
    };
    let mut selection = Selection::default();
    let mut refused = None;
    while selection.selected < at_most {
        let unanswered = py.detach(|| selection.run(engine, &text, invert, at_most));
        let Some(Unanswered { start, end, why }) = unanswered else {
            break;
        };
        let outcome = match why {
            Unmatched::TooManyCombinations => Err(too_many_combinations(py)),
            Unmatched::Rejected => {
                let line = PyBytes::new(py, &text[start..end]);
                match_other(&engine.shared, &line, true, |_, found| !found.is_empty())
            }
        };
        match outcome {
            Ok(matches) => selection.take(&text[start..end], matches != invert),
            Err(error) => {
                refused = Some(event_error(py, error)?);
                break;
            }
        }
    }
    let output = PyBytes::new(py, &selection.output);
    (output, selection.selected, selection.lines, selection.consumed, refused).into_pyobject(py)
}

/// What a memoryview shows where that is a part of bytes, so that it stays as it is; None of anything else.
fn view_of_bytes(view: &Bound<'_, PyAny>) -> PyResult<Option<PyBuffer<u8>>> {
    let is_view = view.is_exact_instance_of::<PyMemoryView>(); // another class may say what it likes of its object
    if !is_view || !view.getattr("obj")?.is_exact_instance_of::<PyBytes>() {
        return Ok(None);
    }
    let shown = PyBuffer::get(view)?;
    Ok(Some(shown).filter(|shown| shown.readonly() && shown.is_c_contiguous() && shown.len_bytes() > 0))
}

/// The object of an EventError; any other error is passed on.
fn event_error(py: Python<'_>, error: PyErr) -> PyResult<Py<PyAny>> {
    let class = py.import("ruler.errors")?.getattr("EventError")?;
    if error.matches(py, class)? {
        return Ok(error.into_value(py).into_any());
    }
    Err(error)
}

impl Selection {
    /// Go on until the end, or enough is selected, or a line has to be answered for elsewhere; that is then behind.
    fn run(&mut self, engine: &Engine, text: &[u8], invert: bool, at_most: usize) -> Option<Unanswered> {
        with_workspace(|workspace: &mut Workspace| {
            while self.consumed < text.len() && self.selected < at_most {
                let state = engine.shared.read_detached();
                for _ in 0..LINES_AT_ONCE {
                    if self.consumed >= text.len() || self.selected >= at_most {
                        break;
                    }
                    let start = self.consumed;
                    let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
                    let line = &text[start..end];
                    self.lines += 1;
                    self.consumed = text.len().min(end + 1);
                    match workspace.match_text(&state, line, engine.validate, true) {
                        Ok(()) => self.take(line, workspace.found.is_empty() == invert),
                        Err(_) if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) => {}
                        Err(why) => return Some(Unanswered { start, end, why }),
                    }
                }
            }
            None
        })
    }

    fn take(&mut self, line: &[u8], is_selected: bool) {
        if is_selected {
            self.output.extend_from_slice(line);
            self.output.push(b'\n');
            self.selected += 1;
        }
    }
}
