//! What the core holds, as the Python engine would show it.

use crate::prepare::Model;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PyTuple, PyType};
use ruler_core::machine::{StateView, Stats};
use ruler_core::model::{Bound as NumberBound, Clause, Pattern, RegexpStep};
use ruler_core::number::Number;

/// The fields of a `Stats` (describe.py), in their order, of rules, their machine, and the bytes beside it.
pub fn stats<'py>(
    py: Python<'py>,
    (rules, stats, other_bytes): (usize, Stats, usize),
) -> PyResult<Bound<'py, PyTuple>> {
    let patterns = PyDict::new(py);
    let mut counts: Vec<_> = stats.patterns.iter().filter(|(_, count)| *count > 0).collect();
    counts.sort_unstable();
    for (kind, count) in counts {
        patterns.set_item(kind, count)?;
    }
    let memory_bytes = stats.memory_bytes + other_bytes;
    (rules, stats.sub_rules, stats.states, stats.clauses, patterns, stats.paths, memory_bytes).into_pyobject(py)
}

/// A row for each state: the index of the one before it, the clause on the edge, the ids of the rules that end there.
pub fn states<'py>(py: Python<'py>, states: &[StateView]) -> PyResult<Bound<'py, PyList>> {
    let model = Model::get(py)?;
    let rows = states.iter().map(|state| {
        let parent = state.parent.map_or(-1, |parent| parent as i64);
        let clause = state.clause.as_ref().map(|clause| clause_object(py, clause, model)).transpose()?;
        (parent, clause, state.rules.clone()).into_pyobject(py)
    });
    PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
}

/// The Python engine's error for a broken invariant.
pub fn machine_error(py: Python<'_>, what: &str) -> PyErr {
    match py.import("ruler.errors").and_then(|errors| errors.getattr("MachineError")?.call1((what,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

fn clause_object<'py>(py: Python<'py>, clause: &Clause, model: &Model) -> PyResult<Bound<'py, PyAny>> {
    model.clause.bind(py).call1((text(&clause.path), pattern_objects(py, &clause.patterns, model)?))
}

fn pattern_objects<'py>(py: Python<'py>, patterns: &[Pattern], model: &Model) -> PyResult<Bound<'py, PyFrozenSet>> {
    let patterns = patterns.iter().map(|pattern| pattern_object(py, pattern, model));
    PyFrozenSet::new(py, patterns.collect::<PyResult<Vec<_>>>()?)
}

fn pattern_object<'py>(py: Python<'py>, pattern: &Pattern, model: &Model) -> PyResult<Bound<'py, PyAny>> {
    let of_text = |class: &Py<PyType>, bytes: &[u8]| class.bind(py).call1((text(bytes),));
    match pattern {
        Pattern::Text(value) => of_text(&model.exact, value),
        Pattern::Number(number) => model.exact.bind(py).call1((number_object(py, *number)?,)),
        Pattern::Literal(value) => model.literal.bind(py).call1((value,)),
        Pattern::Prefix(value) => of_text(&model.prefix, value),
        Pattern::Suffix(value) => of_text(&model.suffix, value),
        Pattern::EqualsIgnoreCase(value) => of_text(&model.equals_ignore_case, value),
        Pattern::PrefixIgnoreCase(value) => of_text(&model.prefix_ignore_case, value),
        Pattern::SuffixIgnoreCase(value) => of_text(&model.suffix_ignore_case, value),
        Pattern::Wildcard(pieces) => {
            let pieces = PyTuple::new(py, pieces.iter().map(|piece| text(piece)))?;
            model.wildcard.bind(py).call1((pieces,))
        }
        Pattern::WildcardIgnoreCase(pieces) => {
            let pieces = PyTuple::new(py, pieces.iter().map(|piece| text(piece)))?;
            model.wildcard_ignore_case.bind(py).call1((pieces,))
        }
        Pattern::Regexp(program) => {
            let steps = program.iter().map(|step| step_object(py, step, model)).collect::<PyResult<Vec<_>>>()?;
            model.regexp.bind(py).call1((PyTuple::new(py, steps)?,))
        }
        Pattern::NumericRange(range) => {
            let (low, low_is_open) = bound_objects(py, range.low)?;
            let (high, high_is_open) = bound_objects(py, range.high)?;
            model.numeric_range.bind(py).call1((low, low_is_open, high, high_is_open))
        }
        Pattern::Cidr(cidr) => model.cidr.bind(py).call1((cidr.version, cidr.network, cidr.bits)),
        Pattern::Exists => model.exists.bind(py).call0(),
        Pattern::Absent => model.absent.bind(py).call0(),
        Pattern::AnythingBut(excluded) => model.anything_but.bind(py).call1((pattern_objects(py, excluded, model)?,)),
        Pattern::AllOf(parts) => {
            let parts = parts.iter().map(|part| pattern_objects(py, part, model));
            let parts = PyFrozenSet::new(py, parts.collect::<PyResult<Vec<_>>>()?)?;
            model.all_of.bind(py).call1((parts,))
        }
        Pattern::NoneOf(excluded) => model.none_of.bind(py).call1((pattern_objects(py, excluded, model)?,)),
    }
}

fn step_object<'py>(py: Python<'py>, step: &RegexpStep, model: &Model) -> PyResult<Bound<'py, PyAny>> {
    match step {
        RegexpStep::Characters(ranges) => model.characters.bind(py).call1((&**ranges,)),
        RegexpStep::Sequence(count) => model.sequence.bind(py).call1((count,)),
        RegexpStep::Union(count) => model.union.bind(py).call1((count,)),
        RegexpStep::Repeat { low, high } => model.repeat.bind(py).call1((low, high)),
    }
}

fn bound_objects(py: Python<'_>, bound: Option<NumberBound>) -> PyResult<(Option<Bound<'_, PyAny>>, bool)> {
    match bound {
        None => Ok((None, false)),
        Some(bound) => Ok((Some(number_object(py, bound.number)?), bound.is_open)),
    }
}

/// A number as `canonical` of ruler/patterns/numbers.py gives it: an int where it is one that 64 bits hold.
fn number_object(py: Python<'_>, number: Number) -> PyResult<Bound<'_, PyAny>> {
    match number.exact_integer() {
        Some(integer) if integer >= i128::from(i64::MIN) && integer <= i128::from(u64::MAX) => {
            Ok(integer.into_pyobject(py)?.into_any())
        }
        _ => Ok(number.to_f64().into_pyobject(py)?.into_any()),
    }
}

/// The model's texts come from Python, so they are UTF-8.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
