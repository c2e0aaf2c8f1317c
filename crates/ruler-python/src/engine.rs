//! The class `Engine`: what ruler/engine.py asks of an engine. That file says what each method owes.

use crate::answers::Answers;
use crate::events::{list_of, match_event, names};
use crate::heap;
use crate::lines;
use crate::prepare::Draft;
use crate::rules::Rule;
use crate::shared::{Shared, State};
use crate::show;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use ruler_core::event::Validate;
use ruler_core::machine::RuleId;
use ruler_core::packed::Packed;
use ruler_core::trim::Trim;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rules under rule ids, compiled into one machine.
#[pyclass(frozen, module = "ruler._native")]
pub struct Engine {
    pub shared: Shared,
    pub validate: Validate,
    changes: AtomicUsize,
    trim: Trim,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(validate: &str) -> PyResult<Engine> {
        let validate = match validate {
            "full" => Validate::Full,
            "used" => Validate::Used,
            _ => return Err(PyValueError::new_err(format!("validate is {validate:?}, expected 'full' or 'used'"))),
        };
        Ok(Engine { shared: Shared::default(), validate, changes: AtomicUsize::new(0), trim: Trim::default() })
    }

    #[getter]
    fn name(&self) -> &'static str {
        "native"
    }

    #[getter]
    fn changes(&self) -> usize {
        self.changes.load(Ordering::SeqCst)
    }

    fn rules_for_event<'py>(&self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = event.py();
        list_of(py, match_event(&self.shared, self.validate, event, false, |state, found| names(py, state, found))?)
    }

    fn matches_any(&self, event: &Bound<'_, PyAny>) -> PyResult<bool> {
        match_event(&self.shared, self.validate, event, true, |_, found| !found.is_empty())
    }

    fn rules_for_events(slf: Py<Engine>, events: &Bound<'_, PyAny>, threads: usize) -> PyResult<Answers> {
        Answers::new(slf, events, threads)
    }

    fn select_lines<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        invert: bool,
        at_most: usize,
    ) -> PyResult<Bound<'py, PyTuple>> {
        lines::select(self, data, invert, at_most)
    }

    fn reserve(&self, py: Python<'_>) -> RuleId {
        self.shared.write(py).machine.reserve()
    }

    fn release(&self, py: Python<'_>, rule_id: RuleId) {
        self.shared.write(py).machine.release(rule_id);
    }

    fn draft(&self) -> Draft {
        Draft::default()
    }

    fn add(
        &self,
        py: Python<'_>,
        rule_ids: Vec<RuleId>,
        names: Vec<Py<PyAny>>,
        draft: &Bound<'_, Draft>,
    ) -> PyResult<()> {
        let draft = taken(draft, rule_ids.len().max(names.len()))?;
        self.change(py, draft.rule_count(), |state, _| {
            let mut rules = draft.unpack();
            for (&id, name) in rule_ids.iter().zip(&names) {
                let (text, sub_rules) = rules.rule();
                sub_rules.iter().for_each(|sub_rule| state.machine.add(id, sub_rule));
                state.rules.add(id, text, || name.clone_ref(py));
            }
        });
        Ok(())
    }

    fn replace(&self, py: Python<'_>, rule_id: RuleId, draft: &Bound<'_, Draft>) -> PyResult<()> {
        let draft = taken(draft, 1)?;
        self.change(py, 0, |state, _| {
            let (text, sub_rules) = draft.unpack().rule();
            state.machine.replace(rule_id, &sub_rules);
            state.rules.replace(rule_id, text);
        });
        Ok(())
    }

    fn remove(&self, py: Python<'_>, rule_id: RuleId) {
        self.change(py, 0, |state, removed| {
            state.machine.replace(rule_id, &[]);
            state.rules.count -= 1;
            if self.shared.has_batches() {
                state.rules.retired.push(rule_id);
            } else {
                removed.push(state.rules.remove(rule_id));
                state.machine.release(rule_id);
            }
        });
    }

    fn give_back(&self, py: Python<'_>) {
        if self.trim.take_due() {
            py.detach(heap::give_back);
        }
    }

    fn name_of(&self, py: Python<'_>, rule_id: RuleId) -> PyResult<Py<PyAny>> {
        self.with_rule(py, rule_id, |rule| rule.name.clone_ref(py))
    }

    fn place_of(&self, py: Python<'_>, rule_id: RuleId) -> u64 {
        self.shared.read(py).machine.order_of(rule_id)
    }

    fn texts<'py>(&self, py: Python<'py>, rule_id: RuleId) -> PyResult<Bound<'py, PyTuple>> {
        let texts = self.with_rule(py, rule_id, |rule| rule.texts.as_slice().to_vec())?;
        PyTuple::new(py, texts.iter().map(|text| &**text))
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let state = self.shared.read(py);
        let counts = (state.rules.count, state.machine.stats(), state.rules.memory_bytes());
        drop(state); // making objects can start the garbage collector, and that run code which changes the rules
        show::stats(py, counts)
    }

    fn states<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let states = self.shared.read(py).machine.states();
        show::states(py, &states)
    }

    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let state = self.shared.read(py);
        let outcome = py.detach(|| state.machine.check());
        drop(state);
        outcome.map_err(|what| show::machine_error(py, &what))
    }
}

impl Engine {
    /// Make one change, which cannot fail. The removed rules are dropped only after the lock: that may run code of names.
    fn change(&self, py: Python<'_>, new_count: usize, make: impl FnOnce(&mut State, &mut Vec<Option<Rule>>)) {
        let mut removed = Vec::new();
        let mut state = self.shared.write(py);
        if !self.shared.has_batches() {
            release_retired(&mut state, &mut removed);
        }
        make(&mut state, &mut removed);
        self.trim.note(new_count, state.rules.count);
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    fn with_rule<R>(&self, py: Python<'_>, rule_id: RuleId, ask: impl FnOnce(&Rule) -> R) -> PyResult<R> {
        let state = self.shared.read(py);
        state.rules.get(rule_id).map(ask).ok_or_else(|| PyKeyError::new_err(rule_id))
    }
}

/// What is in `draft`, which must be `count` rules.
fn taken(draft: &Bound<'_, Draft>, count: usize) -> PyResult<Packed> {
    let packed = draft.get().take();
    if packed.rule_count() != count {
        return Err(PyValueError::new_err(format!("{} rules in the draft, expected {count}", packed.rule_count())));
    }
    Ok(packed)
}

fn release_retired(state: &mut State, removed: &mut Vec<Option<Rule>>) {
    for id in std::mem::take(&mut state.rules.retired) {
        removed.push(state.rules.remove(id));
        state.machine.release(id);
    }
}
