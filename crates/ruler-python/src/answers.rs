//! The iterator over the answers of many events.
//!
//! Events are taken a chunk at a time where that changes nothing for who asks: from a list or a tuple, and with several
//! threads from any iterable. The GIL is released while a chunk is matched. An error stands in its turn among the
//! answers, so asking again goes on with the next event.

use crate::chunk::{Chunk, Found, Pieces, PIECE};
use crate::engine::Engine;
use crate::events::{list_of, match_event, match_other, names, text_of, too_many_combinations, Unmatched, Workspace};
use crate::prefetch;
use crate::shared::Shared;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyTuple};
use ruler_core::machine::RuleId;
use std::collections::VecDeque;
use std::ops::Range;

/// Events matched at a time in one thread: enough to make little of releasing the GIL, few enough for the cache.
const CHUNK: usize = 256;
/// Pieces that a chunk has for each of several threads. More starts threads less often, but answers leave the near cache
/// before they are asked for: 64 took 37 ms in place of 29 for 100,000 city-lots lines. 2026-11-21.
const PIECES_A_THREAD: usize = 24;

#[pyclass(module = "ruler._native")]
pub struct Answers {
    engine: Py<Engine>,
    events: Source,
    threads: usize,
    workspaces: Vec<Workspace>, // of the other threads
    ready: Ready,
}

enum Source {
    List(Py<PyList>, usize),
    Tuple(Py<PyTuple>, usize),
    Iterator(Py<PyIterator>),
    Exhausted,
}

/// Answers that nobody has asked for yet.
#[derive(Default)]
struct Ready {
    answers: VecDeque<Answer>,
    names: VecDeque<Py<PyAny>>, // of those that are no list yet, one after another
}

enum Answer {
    Names(usize), // so many: the list is made when it is asked for, which costs less where the last one is gone by then
    List(Py<PyList>),
    Error(Box<PyErr>), // rare, and large
}

#[pymethods]
impl Answers {
    fn __iter__(slf: Py<Answers>) -> Py<Answers> {
        slf
    }

    fn __next__(mut slf: PyRefMut<'_, Self>) -> PyResult<Option<Py<PyList>>> {
        let py = slf.py();
        if slf.ready.answers.is_empty() {
            slf.refill(py)?;
        }
        slf.ready.next(py).transpose()
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
        Ok(Answers { engine, events, threads, workspaces: Vec::new(), ready: Ready::default() })
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
                self.ready.push(names.and_then(|names| list_of(py, names)));
            }
            events => self.match_chunk(py, events),
        }
        match trouble {
            Some(error) if self.ready.answers.is_empty() => Err(error),
            Some(error) => {
                self.ready.push(Err(error));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Match a chunk of events and make their answers ready.
    fn match_chunk(&mut self, py: Python<'_>, events: &[Bound<'_, PyAny>]) {
        let Answers { engine, threads, workspaces, ready, .. } = self;
        let Engine { shared, validate, .. } = engine.get();
        let texts: Vec<_> = events.iter().map(text_of).collect();
        let chunk = Chunk { shared, validate: *validate, texts: &texts };
        let batch = shared.batch();
        let helpers = (*threads).min(texts.len().div_ceil(PIECE)).saturating_sub(1);
        if helpers == 0 {
            let found = chunk.matched(py);
            ready.add_names(py, shared, &found);
            drop(batch);
            ready.add_answers(py, shared, &found, events);
            return;
        }
        workspaces.resize_with(helpers, Workspace::default);
        let mut rest = events;
        Pieces::each(py, &chunk, workspaces, |pieces, found| {
            let (events, behind) = rest.split_at(found.outcomes.len());
            rest = behind;
            if found.outcomes.iter().any(Result::is_err) {
                pieces.finish(py); // finding the words for those may run code that changes the rules
            }
            let first = ready.answers.len();
            ready.add_names(py, shared, found);
            ready.add_answers(py, shared, found, events);
            ready.make_lists(py, first);
        });
    }
}

impl Ready {
    /// The next answer, None when none is ready.
    fn next(&mut self, py: Python<'_>) -> Option<PyResult<Py<PyList>>> {
        Some(match self.answers.pop_front()? {
            Answer::Names(count) => self.list(py, count),
            Answer::List(list) => Ok(list),
            Answer::Error(error) => Err(*error),
        })
    }

    /// A list of the names that come first.
    fn list(&mut self, py: Python<'_>, count: usize) -> PyResult<Py<PyList>> {
        let list = match count {
            0 => PyList::empty(py), // by far the most common answer
            count => PyList::new(py, self.names.drain(..count))?,
        };
        Ok(list.unbind())
    }

    fn push(&mut self, answer: PyResult<Bound<'_, PyList>>) {
        self.answers.push_back(match answer {
            Ok(list) => Answer::List(list.unbind()),
            Err(error) => Answer::Error(Box::new(error)),
        });
    }

    /// Add the answers for some events; their names are there already.
    fn add_answers(&mut self, py: Python<'_>, shared: &Shared, found: &Found, events: &[Bound<'_, PyAny>]) {
        for (outcome, event) in found.outcomes.iter().zip(events) {
            match outcome {
                Ok(count) => self.answers.push_back(Answer::Names(*count)),
                Err(Unmatched::TooManyCombinations) => self.push(Err(too_many_combinations(py))),
                Err(Unmatched::Rejected) => {
                    let names = match_other(shared, event, false, |state, found| names(py, state, found));
                    self.push(names.and_then(|names| list_of(py, names)));
                }
            }
        }
    }

    /// Add the names of all that was found, one after another; looked up under one lock.
    fn add_names(&mut self, py: Python<'_>, shared: &Shared, found: &Found) {
        let state = shared.read(py);
        let name_of = |&id| state.rules.get(id).map_or_else(|| py.None(), |rule| rule.name.clone_ref(py));
        self.names.extend(found.ids.iter().map(name_of));
    }

    /// Make the lists of all answers now, while other threads match.
    fn make_lists(&mut self, py: Python<'_>, from: usize) {
        for place in from..self.answers.len() {
            if let Answer::Names(count) = self.answers[place] {
                self.answers[place] = match self.list(py, count) {
                    Ok(list) => Answer::List(list),
                    Err(error) => Answer::Error(Box::new(error)),
                };
            }
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
                prefetch_items(list, *next..end);
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
                        None => {
                            *self = Source::Exhausted; // not asked again: it might wait for more, or raise
                            break;
                        }
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

/// Ask for the heads of some items of a list, which are counted up and looked into next.
///
/// Taken one after the other, heads that lie in no near cache are waited for one after the other: 25 ns for each of
/// 50,000 city-lots events.
fn prefetch_items(list: &Bound<'_, PyList>, items: Range<usize>) {
    for index in items {
        // SAFETY: a list, and the GIL is held; a place behind its end would give null and an error, but there is none.
        // The reference is borrowed, and nothing is done with it but to name its memory.
        let item = unsafe { ffi::PyList_GetItem(list.as_ptr(), index as ffi::Py_ssize_t) };
        prefetch::line(item.cast::<u8>());
        prefetch::line(item.cast::<u8>().wrapping_add(size_of::<ffi::PyVarObject>()));
    }
}
