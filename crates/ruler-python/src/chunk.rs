//! What a chunk of texts matches, found in one thread or in several.
//!
//! With several threads a chunk is cut into pieces, which the threads take one after the other. The thread that asked
//! takes part, and makes answers of the pieces that are matched, in their order and with the GIL, while the others go
//! on with the rest. All threads have ended when a chunk is done: between chunks there is nothing that could be in the
//! way of a fork, an iterator that is dropped, or the interpreter's end.

use crate::events::{with_workspace, Unmatched, Workspace};
use crate::prefetch;
use crate::shared::Shared;
use pyo3::prelude::*;
use ruler_core::event::Validate;
use ruler_core::machine::RuleId;
use std::borrow::Cow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::thread::{scope, Builder, ScopedJoinHandle};

/// Events that a thread takes at a time.
pub const PIECE: usize = 64;

/// What was found for a run of events: ids one after another, and how many there are for each event.
#[derive(Default)]
pub struct Found {
    pub ids: Vec<RuleId>,
    pub outcomes: Vec<Result<usize, Unmatched>>,
}

/// Texts of events, None for what is no text; and what they are matched against.
pub struct Chunk<'a> {
    pub shared: &'a Shared,
    pub validate: Validate,
    pub texts: &'a [Option<Cow<'a, [u8]>>],
}

impl Chunk<'_> {
    /// Match all of it in this thread, without the GIL.
    pub fn matched(&self, py: Python<'_>) -> Found {
        py.detach(|| with_workspace(|workspace| self.match_texts(self.texts, workspace)))
    }

    fn match_texts(&self, texts: &[Option<Cow<'_, [u8]>>], workspace: &mut Workspace) -> Found {
        let mut found = Found { ids: Vec::new(), outcomes: Vec::with_capacity(texts.len()) };
        for texts in texts.chunks(PIECE) {
            let state = self.shared.read_detached();
            for (index, text) in texts.iter().enumerate() {
                if let Some(Some(ahead)) = texts.get(index + 2) {
                    prefetch::text(ahead);
                }
                let outcome = match text {
                    Some(text) => workspace.match_text(&state, text, self.validate, false),
                    None => Err(Unmatched::Rejected),
                };
                found.outcomes.push(outcome.map(|()| {
                    found.ids.extend_from_slice(&workspace.found);
                    workspace.found.len()
                }));
            }
        }
        found
    }
}

/// A chunk that several threads match, and what they have found so far.
pub struct Pieces<'a> {
    chunk: &'a Chunk<'a>,
    next: AtomicUsize,                   // the first piece that nobody has taken
    found: Vec<OnceLock<Option<Found>>>, // by piece; None where matching panicked
    threads: usize,
}

impl<'a> Pieces<'a> {
    /// Match a chunk in this thread and one more for each of `workspaces`, and give `answer` each piece in its turn.
    pub fn each(
        py: Python<'_>,
        chunk: &'a Chunk<'a>,
        workspaces: &mut [Workspace],
        mut answer: impl FnMut(&Pieces<'a>, &Found),
    ) {
        let mut found = Vec::new();
        found.resize_with(chunk.texts.len().div_ceil(PIECE), OnceLock::new);
        let pieces = &Pieces { chunk, next: AtomicUsize::new(0), found, threads: workspaces.len() + 1 };
        scope(|scope| {
            let work = |workspace: &mut Workspace| while pieces.match_next(workspace) {};
            // A thread that cannot be had is done without: the others do what is left.
            let spawn = |workspace| Builder::new().spawn_scoped(scope, move || work(workspace)).ok();
            let _helpers = Helpers { py, pieces, threads: workspaces.iter_mut().filter_map(spawn).collect() };
            for number in 0..pieces.found.len() {
                answer(pieces, pieces.found(py, number));
            }
        });
    }

    /// Let all pieces be matched before this returns: what is changed from here on concerns none of them.
    pub fn finish(&self, py: Python<'_>) {
        py.detach(|| {
            with_workspace(|workspace| while self.match_next(workspace) {});
            for found in &self.found {
                found.wait();
            }
        });
    }

    /// What was found for a piece. Until it is there, this thread matches others.
    fn found(&self, py: Python<'_>, number: usize) -> &Found {
        let slot = &self.found[number];
        if slot.get().is_none() {
            // A part of what is left, since getting the GIL back takes long where other threads want it.
            let left = self.found.len().saturating_sub(self.next.load(Ordering::Relaxed));
            let part = left / (2 * self.threads);
            py.detach(|| {
                with_workspace(|workspace| {
                    let mut taken = 0;
                    while (taken < part || slot.get().is_none()) && self.match_next(workspace) {
                        taken += 1;
                    }
                });
                slot.wait();
            });
        }
        slot.get().and_then(Option::as_ref).expect("a thread that matched a piece has panicked")
    }

    /// Take a piece and match it, without the GIL; false when all are taken.
    fn match_next(&self, workspace: &mut Workspace) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(texts) = self.chunk.texts.chunks(PIECE).nth(number) else {
            return false;
        };
        // Caught, because whoever waits for the piece would wait for ever.
        let found = catch_unwind(AssertUnwindSafe(|| self.chunk.match_texts(texts, workspace))).ok();
        let _ = self.found[number].set(found);
        true
    }
}

/// Threads that match pieces. They have ended when this is dropped, and nobody waited for them with the GIL.
struct Helpers<'py, 'scope, 'a> {
    py: Python<'py>,
    pieces: &'a Pieces<'a>,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

impl Drop for Helpers<'_, '_, '_> {
    fn drop(&mut self) {
        self.pieces.next.store(self.pieces.found.len(), Ordering::Relaxed); // after a panic there is something left
        let threads = std::mem::take(&mut self.threads);
        self.py.detach(|| threads.into_iter().for_each(|thread| drop(thread.join())));
    }
}
