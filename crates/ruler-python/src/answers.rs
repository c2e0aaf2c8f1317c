//! The iterator over the answers of many events.
//!
//! Events are taken a chunk at a time where that changes nothing for who asks: from a list or a tuple, and with several
//! threads from any iterable. The GIL is released while a chunk is matched. An error stands in its turn among the
//! answers, so asking again goes on with the next event.

use crate::engine::Engine;
use crate::events::{
    list_of, match_event, match_other, names, text_of, too_many_combinations, with_workspace, Unmatched, Workspace,
};
use crate::shared::Shared;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyTuple};
use ruler_core::event::Validate;
use ruler_core::machine::RuleId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Events matched at a time in one thread: enough to make little of releasing the GIL, few enough for the cache.
const CHUNK: usize = 256;
/// Events that a thread takes from a chunk at a time, and how many such pieces a chunk has for each thread.
const PIECE: usize = 64;
const PIECES_A_THREAD: usize = 24;

#[pyclass(module = "ruler._native")]
pub struct Answers {
    engine: Py<Engine>,
    events: Source,
    threads: usize,
    ready: VecDeque<PyResult<Py<PyList>>>,
}

enum Source {
    List(Py<PyList>, usize),
    Tuple(Py<PyTuple>, usize),
    Iterator(Py<PyIterator>),
    Exhausted,
}

#[pymethods]
impl Answers {
    fn __iter__(slf: Py<Answers>) -> Py<Answers> {
        slf
    }

    fn __next__(mut slf: PyRefMut<'_, Self>) -> PyResult<Option<Py<PyList>>> {
        let py = slf.py();
        if let Some(answer) = slf.ready.pop_front() {
            return answer.map(Some);
        }
        slf.refill(py)?;
        slf.ready.pop_front().transpose()
    }
}

impl Answers {
    pub fn new(engine: Py<Engine>, events: &Bound<'_, PyAny>, threads: usize) -> PyResult<Answers> {
        let events = if let Ok(list) = events.cast_exact::<PyList>() {
            Source::List(list.clone().unbind(), 0)
        } else if let Ok(tuple) = events.cast_exact::<PyTuple>() {
            Source::Tuple(tuple.clone().unbind(), 0)
        } else {
            Source::Iterator(events.try_iter()?.unbind())
        };
        Ok(Answers { engine, events, threads, ready: VecDeque::new() })
    }

    /// Make the next answers, one at least unless the events are at their end.
    fn refill(&mut self, py: Python<'_>) -> PyResult<()> {
        let wanted = match (&self.events, self.threads) {
            (Source::Iterator(_), 1) => 1,
            (_, 1) => CHUNK,
            (_, threads) => PIECE.saturating_mul(PIECES_A_THREAD).saturating_mul(threads.min(1024)),
        };
        let (events, trouble) = self.events.take(py, wanted);
        let engine = self.engine.get();
        match &events[..] {
            [event] => {
                let answer = |state: &_, found: &[RuleId]| names(py, state, found);
                let names = match_event(&engine.shared, engine.validate, event, false, answer);
                self.ready.push_back(names.and_then(|names| list_of(py, names)).map(Bound::unbind));
            }
            events => match_chunk(py, engine, events, self.threads, &mut self.ready),
        }
        match trouble {
            Some(error) if self.ready.is_empty() => Err(error),
            Some(error) => {
                self.ready.push_back(Err(error));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Source {
    /// The next events, at most `wanted`, and what was raised instead of one more.
    fn take<'py>(&mut self, py: Python<'py>, wanted: usize) -> (Vec<Bound<'py, PyAny>>, Option<PyErr>) {
        let mut events = Vec::new();
        match self {
            Source::List(list, next) => {
                let list = list.bind(py);
                let end = list.len().min(next.saturating_add(wanted));
                events.extend((*next..end).map_while(|index| list.get_item(index).ok()));
                *next = end.max(*next);
            }
            Source::Tuple(tuple, next) => {
                let tuple = tuple.bind(py);
                let end = tuple.len().min(next.saturating_add(wanted));
                events.extend((*next..end).map_while(|index| tuple.get_item(index).ok()));
                *next = end;
            }
            Source::Iterator(iterator) => {
                let mut iterator = iterator.bind(py).clone();
                while events.len() < wanted {
                    match iterator.next() {
                        Some(Ok(event)) => events.push(event),
                        Some(Err(error)) => return (events, Some(error)),
                        None => break,
                    }
                }
            }
            Source::Exhausted => {}
        }
        if events.is_empty() {
            *self = Source::Exhausted; // as iterators of lists do: what is appended now comes too late
        }
        (events, None)
    }
}

/// What was found for a run of events: ids one after another, and how many there are for each event.
#[derive(Default)]
struct Found {
    ids: Vec<RuleId>,
    outcomes: Vec<Result<usize, Unmatched>>,
}

/// Match a chunk of events and append their answers to `ready`.
fn match_chunk(
    py: Python<'_>,
    engine: &Engine,
    events: &[Bound<'_, PyAny>],
    threads: usize,
    ready: &mut VecDeque<PyResult<Py<PyList>>>,
) {
    let shared = &engine.shared;
    let owned: Vec<_> = events.iter().map(text_of).collect();
    let texts: Vec<Option<&[u8]>> = owned.iter().map(|text| text.as_deref()).collect();
    let batch = shared.batch();
    let found = py.detach(|| match threads.min(texts.len().div_ceil(PIECE)) {
        0 | 1 => vec![match_piece(shared, engine.validate, &texts)],
        threads => match_in_threads(shared, engine.validate, &texts, threads),
    });
    let all_names = names_of_all(py, shared, &found);
    drop(batch);
    let outcomes = found.iter().flat_map(|piece| &piece.outcomes);
    let mut all_names = all_names.into_iter();
    for (outcome, event) in outcomes.zip(events) {
        let names = match outcome {
            Ok(count) => Ok(all_names.by_ref().take(*count).collect()),
            Err(Unmatched::TooManyCombinations) => Err(too_many_combinations(py)),
            Err(Unmatched::Rejected) => match_other(shared, event, false, |state, found| names(py, state, found)),
        };
        ready.push_back(names.and_then(|names| list_of(py, names)).map(Bound::unbind));
    }
}

/// The names of all that was found, one after another; looked up under one lock.
fn names_of_all(py: Python<'_>, shared: &Shared, found: &[Found]) -> Vec<Py<PyAny>> {
    let state = shared.read(py);
    let ids = found.iter().flat_map(|piece| &piece.ids);
    ids.map(|&id| state.rules.get(id).map_or_else(|| py.None(), |rule| rule.name.clone_ref(py))).collect()
}

/// Match texts in this thread, without the GIL.
fn match_piece(shared: &Shared, validate: Validate, texts: &[Option<&[u8]>]) -> Found {
    let mut found = Found { ids: Vec::new(), outcomes: Vec::with_capacity(texts.len()) };
    with_workspace(|workspace: &mut Workspace| {
        for texts in texts.chunks(PIECE) {
            let state = shared.read_detached();
            for (index, text) in texts.iter().enumerate() {
                if let Some(Some(ahead)) = texts.get(index + 1) {
                    prefetch(ahead);
                }
                let outcome = match text {
                    Some(text) => workspace.match_text(&state, text, validate, false),
                    None => Err(Unmatched::Rejected),
                };
                found.outcomes.push(outcome.map(|()| {
                    found.ids.extend_from_slice(&workspace.found);
                    workspace.found.len()
                }));
            }
        }
    });
    found
}

/// Ask for the beginning of a text that is read next, while another one is matched.
///
/// The rest of it comes by itself, once it is read in order. Without this, a list of city-lots events that lie in no
/// near cache costs 50 ns more an event.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch(text: &[u8]) {
    use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
    for place in (0..text.len().min(512)).step_by(64) {
        // SAFETY: a hint that reads nothing; the place lies in the text.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(text[place..].as_ptr().cast()) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn prefetch(_text: &[u8]) {}

/// Match texts in several threads, which take a piece at a time; what is found comes in the order of the texts.
fn match_in_threads(shared: &Shared, validate: Validate, texts: &[Option<&[u8]>], threads: usize) -> Vec<Found> {
    let pieces: Vec<_> = texts.chunks(PIECE).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(texts) = pieces.get(number) else {
                return done;
            };
            done.push((number, match_piece(shared, validate, texts)));
        }
    };
    let mut found: Vec<(usize, Found)> = std::thread::scope(|scope| {
        // A thread that cannot be had is done without: this one does what is left.
        let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mine = work();
        let theirs = others.into_iter().flat_map(|other| match other.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        mine.into_iter().chain(theirs).collect()
    });
    found.sort_unstable_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, found)| found).collect()
}
