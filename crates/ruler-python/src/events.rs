//! Events as Python has them, and one match of one event.

use crate::decoded;
use crate::shared::{Shared, State};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString};
use ruler_core::event::fields::Fields;
use ruler_core::event::{Reader, Validate};
use ruler_core::machine::{RuleId, Scratch};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::cell::RefCell;

/// What one thread works with.
#[derive(Default)]
pub struct Workspace {
    pub reader: Reader,
    pub fields: Fields,
    pub scratch: Scratch,
    pub found: Vec<RuleId>,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Do something with this thread's workspace.
#[inline]
pub fn with_workspace<R>(work: impl FnOnce(&mut Workspace) -> R) -> R {
    WORKSPACE.with(|workspace| match workspace.try_borrow_mut() {
        Ok(mut workspace) => work(&mut workspace),
        // In use further up in this thread: code of Python ran in the midst of a match and matches in turn.
        Err(_) => work(&mut Workspace::default()),
    })
}

/// Why an event could not be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmatched {
    /// It is no event, or none that the core reads.
    Rejected,
    TooManyCombinations,
}

impl Workspace {
    /// Find the rules that an event's text matches; they stand in `found`.
    #[inline]
    pub fn match_text(
        &mut self,
        state: &State,
        text: &[u8],
        validate: Validate,
        first_only: bool,
    ) -> Result<(), Unmatched> {
        let Workspace { reader, fields, scratch, found } = self;
        reader.read(text, state.machine.paths(), validate, fields).map_err(|_| Unmatched::Rejected)?;
        found.clear();
        state.machine.match_fields(fields, text, scratch, first_only, found).map_err(|_| Unmatched::TooManyCombinations)
    }

    /// Find the rules that a decoded event matches; they stand in `found`.
    fn match_decoded(&mut self, state: &State, event: &Bound<'_, PyDict>, first_only: bool) -> Result<(), Unmatched> {
        let Workspace { fields, scratch, found, .. } = self;
        decoded::gather(event, state.machine.paths(), fields).map_err(|_| Unmatched::Rejected)?;
        found.clear();
        state.machine.match_fields(fields, &[], scratch, first_only, found).map_err(|_| Unmatched::TooManyCombinations)
    }
}

/// The text of an event; None when it is something else, or of a type that may run code of its own.
#[inline]
pub fn text_of<'a>(event: &'a Bound<'_, PyAny>) -> Option<Cow<'a, [u8]>> {
    if let Ok(bytes) = event.cast_exact::<PyBytes>() {
        return Some(Cow::Borrowed(inside(bytes)));
    }
    if let Ok(text) = event.cast_exact::<PyString>() {
        return text.to_str().ok().map(|text| Cow::Borrowed(text.as_bytes())); // an error for a lone surrogate
    }
    let bytes = event.cast_exact::<PyByteArray>().ok()?;
    Some(Cow::Owned(bytes.to_vec())) // others may write into it meanwhile
}

/// The bytes of a `bytes` object, by one call where `as_bytes` takes two.
#[inline]
fn inside<'a>(bytes: &'a Bound<'_, PyBytes>) -> &'a [u8] {
    let (mut start, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: an object of the type asked for, so this cannot fail; its bytes stay as they are while it is borrowed.
    unsafe {
        ffi::PyBytes_AsStringAndSize(bytes.as_ptr(), &mut start, &mut length);
        std::slice::from_raw_parts(start.cast(), length as usize)
    }
}

/// What `answer` makes of the rules that one event matches.
///
/// The GIL is held all the while but for long texts. `answer` runs under the lock, so it must not make objects of
/// Python: that can start the garbage collector, and so code that changes the rules and waits for the lock.
pub fn match_event<R>(
    shared: &Shared,
    validate: Validate,
    event: &Bound<'_, PyAny>,
    first_only: bool,
    answer: impl Fn(&State, &[RuleId]) -> R,
) -> PyResult<R> {
    if let Some(text) = text_of(event) {
        let outcome = if text.len() < LONG_TEXT {
            match_short(shared, validate, event.py(), &text, first_only, &answer)
        } else {
            match_long(shared, validate, event.py(), &text, first_only, &answer)
        };
        match outcome {
            Ok(answer) => return Ok(answer),
            Err(Unmatched::TooManyCombinations) => return Err(too_many_combinations(event.py())),
            Err(Unmatched::Rejected) => {}
        }
    }
    match_other(shared, event, first_only, answer)
}

#[inline]
fn match_short<R>(
    shared: &Shared,
    validate: Validate,
    py: Python<'_>,
    text: &[u8],
    first_only: bool,
    answer: impl Fn(&State, &[RuleId]) -> R,
) -> Result<R, Unmatched> {
    with_workspace(|workspace| {
        let state = shared.read(py);
        workspace.match_text(&state, text, validate, first_only)?;
        Ok(answer(&state, &workspace.found))
    })
}

fn match_long<R>(
    shared: &Shared,
    validate: Validate,
    py: Python<'_>,
    text: &[u8],
    first_only: bool,
    answer: impl Fn(&State, &[RuleId]) -> R,
) -> Result<R, Unmatched> {
    let _batch = shared.batch();
    with_workspace(|workspace| {
        py.detach(|| workspace.match_text(&shared.read_detached(), text, validate, first_only))?;
        Ok(answer(&shared.read(py), &workspace.found))
    })
}

/// Bytes from which on the GIL is released while an event is matched: that costs 0.1 microseconds.
const LONG_TEXT: usize = 16 * 1024;

/// As `match_event`, for what is no text, or none that the core reads: the Python engine says what is wrong with it.
#[cold]
pub fn match_other<R>(
    shared: &Shared,
    event: &Bound<'_, PyAny>,
    first_only: bool,
    answer: impl Fn(&State, &[RuleId]) -> R,
) -> PyResult<R> {
    let py = event.py();
    let matched = |event: &Bound<'_, PyDict>| {
        with_workspace(|workspace| {
            let state = shared.read(py);
            workspace.match_decoded(&state, event, first_only).map(|()| answer(&state, &workspace.found))
        })
    };
    if let Ok(event) = event.cast_exact::<PyDict>() {
        match matched(event) {
            Ok(answer) => return Ok(answer),
            Err(Unmatched::TooManyCombinations) => return Err(too_many_combinations(py)),
            Err(Unmatched::Rejected) => {}
        }
    }
    let decoded = decode(event)?;
    match matched(&decoded) {
        Ok(answer) => Ok(answer),
        Err(Unmatched::TooManyCombinations) => Err(too_many_combinations(py)),
        Err(Unmatched::Rejected) => Err(PyRuntimeError::new_err("a decoded event that cannot be read: a bug in ruler")),
    }
}

/// The plain dict of an event by the Python engine's `decode`, or its EventError.
pub fn decode<'py>(event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    static DECODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = event.py();
    Ok(DECODE.import(py, "ruler.machine.decode", "decode")?.call1((event,))?.cast_into::<PyDict>()?)
}

/// The Python engine's error for an event whose array elements combine in too many ways.
#[cold]
pub fn too_many_combinations(py: Python<'_>) -> PyErr {
    static ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    match ERROR.import(py, "ruler.machine.consistency", "too_many_combinations").and_then(|error| error.call0()) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// Names, counted up under the lock; a list is made of them after it.
pub type Names = SmallVec<[Py<PyAny>; 4]>;

#[inline]
pub fn names(py: Python<'_>, state: &State, found: &[RuleId]) -> Names {
    found.iter().filter_map(|&id| state.rules.get(id)).map(|rule| rule.name.clone_ref(py)).collect()
}

#[inline]
pub fn list_of<'py>(py: Python<'py>, names: Names) -> PyResult<Bound<'py, PyList>> {
    if names.is_empty() {
        return Ok(PyList::empty(py)); // by far the most common answer
    }
    PyList::new(py, names)
}
