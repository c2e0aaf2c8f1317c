//! The machine and what is kept beside it, behind one lock.
//!
//! Matching reads, a change writes. Nobody waits for the lock while holding the GIL, so whoever holds the lock can
//! always get the GIL, and there is no deadlock. Under the lock no code of Python runs: names are counted up, never
//! hashed, compared, or dropped for good.

use crate::rules::Rules;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use pyo3::prelude::*;
use ruler_core::machine::Machine;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
pub struct State {
    pub machine: Machine,
    pub rules: Rules,
}

#[derive(Default)]
pub struct Shared {
    state: RwLock<State>,
    /// Batches that have ids of rules and not yet looked up their names.
    batches: AtomicUsize,
}

impl Shared {
    /// Read with the GIL held.
    #[inline]
    pub fn read<'a>(&'a self, py: Python<'_>) -> RwLockReadGuard<'a, State> {
        match self.state.try_read() {
            Some(state) => state,
            None => py.detach(|| self.state.read()),
        }
    }

    /// Read without the GIL.
    pub fn read_detached(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    pub fn write<'a>(&'a self, py: Python<'_>) -> RwLockWriteGuard<'a, State> {
        match self.state.try_write() {
            Some(state) => state,
            None => py.detach(|| self.state.write()),
        }
    }

    /// Until the batch is dropped, names of rules that are removed stay where they are.
    pub fn batch(&self) -> Batch<'_> {
        self.batches.fetch_add(1, Ordering::SeqCst);
        Batch(self)
    }

    pub fn has_batches(&self) -> bool {
        self.batches.load(Ordering::SeqCst) > 0
    }
}

pub struct Batch<'a>(&'a Shared);

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.0.batches.fetch_sub(1, Ordering::SeqCst);
    }
}
