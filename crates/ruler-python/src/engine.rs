//! The class `Engine`: what ruler/engine.py asks of an engine. That file says what each method owes.

use crate::answers::Answers;
use crate::events::{list_of, match_event, names};
use crate::lines;
use crate::prepare::{prepared, Prepared};
use crate::rules::{Rule, Texts};
use crate::shared::{Shared, State};
use crate::show;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};
use ruler_core::event::Validate;
use ruler_core::machine::RuleId;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rules under rule ids, compiled into one machine.
#[pyclass(frozen, module = "ruler._native")]
pub struct Engine {
    pub shared: Shared,
    pub validate: Validate,
    changes: AtomicUsize,
}

/// One edit as Python gives it, read before anything is changed.
struct Edit {
    id: RuleId,
    name: Py<PyAny>,
    clear: bool,
    text: Option<Box<str>>,
    sub_rules: Option<Py<Prepared>>,
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
        Ok(Engine { shared: Shared::default(), validate, changes: AtomicUsize::new(0) })
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

    fn prepare(&self, sub_rules: &Bound<'_, PyAny>) -> PyResult<Prepared> {
        prepared(sub_rules)
    }

    fn change(&self, py: Python<'_>, edits: &Bound<'_, PyAny>) -> PyResult<()> {
        let edits = edits.try_iter()?.map(|edit| read_edit(&edit?)).collect::<PyResult<Vec<Edit>>>()?;
        let mut removed = Vec::new(); // dropped only after the lock, since that may run code of names
        let mut state = self.shared.write(py);
        // From here on nothing can fail.
        if !self.shared.has_batches() {
            release_retired(&mut state, &mut removed);
        }
        for edit in edits {
            make(&mut state, edit, self.shared.has_batches(), &mut removed);
        }
        self.changes.fetch_add(1, Ordering::SeqCst);
        drop(state);
        drop(removed);
        Ok(())
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
    fn with_rule<R>(&self, py: Python<'_>, rule_id: RuleId, ask: impl FnOnce(&Rule) -> R) -> PyResult<R> {
        let state = self.shared.read(py);
        state.rules.get(rule_id).map(ask).ok_or_else(|| PyKeyError::new_err(rule_id))
    }
}

fn read_edit(edit: &Bound<'_, PyAny>) -> PyResult<Edit> {
    let edit = edit.cast::<PyTuple>()?;
    let text = edit.get_item(3)?;
    let text = if text.is_none() { None } else { Some(text.extract::<&str>()?.into()) };
    Ok(Edit {
        id: edit.get_item(0)?.extract()?,
        name: edit.get_item(1)?.unbind(),
        clear: edit.get_item(2)?.cast::<PyBool>()?.is_true(),
        sub_rules: if text.is_some() { Some(edit.get_item(4)?.cast::<Prepared>()?.clone().unbind()) } else { None },
        text,
    })
}

/// Make one edit; what Python has to drop is put into `removed`.
fn make(state: &mut State, edit: Edit, has_batches: bool, removed: &mut Vec<(Option<Rule>, Option<Py<PyAny>>)>) {
    let State { machine, rules } = state;
    let sub_rules = edit.sub_rules.as_ref().map_or(&[][..], |prepared| prepared.get().sub_rules());
    let Some(text) = edit.text else {
        machine.replace(edit.id, &[]);
        rules.count -= 1;
        if has_batches {
            rules.retired.push(edit.id);
        } else {
            removed.push((rules.remove(edit.id), None));
            machine.release(edit.id);
        }
        removed.push((None, Some(edit.name)));
        return;
    };
    if edit.clear {
        machine.replace(edit.id, sub_rules);
    } else {
        sub_rules.iter().for_each(|sub_rule| machine.add(edit.id, sub_rule));
    }
    match rules.get_mut(edit.id) {
        None => {
            rules.insert(edit.id, Rule { name: edit.name, texts: Texts::One(text) });
            rules.count += 1;
        }
        Some(rule) => {
            if edit.clear {
                rule.texts = Texts::One(text);
            } else {
                rule.texts.push(text);
            }
            removed.push((None, Some(edit.name)));
        }
    }
}

fn release_retired(state: &mut State, removed: &mut Vec<(Option<Rule>, Option<Py<PyAny>>)>) {
    for id in std::mem::take(&mut state.rules.retired) {
        removed.push((state.rules.remove(id), None));
        state.machine.release(id);
    }
}
