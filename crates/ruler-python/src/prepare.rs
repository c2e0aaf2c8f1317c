//! Sub-rules of ruler/patterns/model.py to those of the core: they cross over once, when a rule is added.

use parking_lot::Mutex;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyString, PyType};
use ruler_core::model::{Bound as NumberBound, Cidr, Clause, NumericRange, Pattern, RegexpStep, SubRule};
use ruler_core::number::Number;
use ruler_core::packed::Packed;

/// Rules read for one change. Python only carries them to `Engine.add` or `replace`, which take them out.
#[pyclass(frozen, module = "ruler._native")]
#[derive(Default)]
pub struct Draft(Mutex<Packed>);

#[pymethods]
impl Draft {
    fn append(&self, text: &str, sub_rules: &Bound<'_, PyAny>) -> PyResult<()> {
        let sub_rules = prepared(sub_rules)?; // first: it runs Python, and may not do so under the lock
        self.0.lock().push(text, &sub_rules);
        Ok(())
    }
}

impl Draft {
    pub fn take(&self) -> Packed {
        std::mem::take(&mut self.0.lock())
    }
}

/// The classes of ruler/patterns/model.py.
pub struct Model {
    pub exact: Py<PyType>,
    pub literal: Py<PyType>,
    pub prefix: Py<PyType>,
    pub suffix: Py<PyType>,
    pub equals_ignore_case: Py<PyType>,
    pub prefix_ignore_case: Py<PyType>,
    pub suffix_ignore_case: Py<PyType>,
    pub wildcard: Py<PyType>,
    pub wildcard_ignore_case: Py<PyType>,
    pub regexp: Py<PyType>,
    pub characters: Py<PyType>,
    pub sequence: Py<PyType>,
    pub union: Py<PyType>,
    pub repeat: Py<PyType>,
    pub numeric_range: Py<PyType>,
    pub cidr: Py<PyType>,
    pub exists: Py<PyType>,
    pub absent: Py<PyType>,
    pub anything_but: Py<PyType>,
    pub all_of: Py<PyType>,
    pub none_of: Py<PyType>,
    pub clause: Py<PyType>,
}

impl Model {
    pub fn get(py: Python<'_>) -> PyResult<&Model> {
        static MODEL: PyOnceLock<Model> = PyOnceLock::new();
        MODEL.get_or_try_init(py, || {
            let module = py.import("ruler.patterns.model")?;
            let class =
                |name: &str| -> PyResult<Py<PyType>> { Ok(module.getattr(name)?.cast_into::<PyType>()?.unbind()) };
            Ok(Model {
                exact: class("Exact")?,
                literal: class("Literal")?,
                prefix: class("Prefix")?,
                suffix: class("Suffix")?,
                equals_ignore_case: class("EqualsIgnoreCase")?,
                prefix_ignore_case: class("PrefixIgnoreCase")?,
                suffix_ignore_case: class("SuffixIgnoreCase")?,
                wildcard: class("Wildcard")?,
                wildcard_ignore_case: class("WildcardIgnoreCase")?,
                regexp: class("Regexp")?,
                characters: class("Characters")?,
                sequence: class("Sequence")?,
                union: class("Union")?,
                repeat: class("Repeat")?,
                numeric_range: class("NumericRange")?,
                cidr: class("Cidr")?,
                exists: class("Exists")?,
                absent: class("Absent")?,
                anything_but: class("AnythingBut")?,
                all_of: class("AllOf")?,
                none_of: class("NoneOf")?,
                clause: class("Clause")?,
            })
        })
    }
}

/// The sub-rules of an iterable.
fn prepared(sub_rules: &Bound<'_, PyAny>) -> PyResult<Vec<SubRule>> {
    let model = Model::get(sub_rules.py())?;
    let sub_rules = sub_rules.try_iter()?.map(|sub_rule| {
        let given = sub_rule?.getattr(pyo3::intern!(sub_rules.py(), "clauses"))?;
        let mut clauses = clauses(&given, model)?;
        clauses.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        if clauses.windows(2).any(|pair| pair[0].path == pair[1].path) {
            clauses = self::clauses(&in_order_of_text(&given)?, model)?;
        }
        Ok(SubRule { clauses: clauses.into() })
    });
    sub_rules.collect()
}

/// Clauses as Python sorts them where a path occurs twice, so that both engines take them in one order.
fn in_order_of_text<'py>(clauses: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    clauses.py().import("ruler.machine.pattern_texts")?.getattr("in_order_of_text")?.call1((clauses,))
}

fn clauses(clauses: &Bound<'_, PyAny>, model: &Model) -> PyResult<Vec<Clause>> {
    clauses.try_iter()?.map(|each| clause(&each?, model)).collect()
}

fn clause(clause: &Bound<'_, PyAny>, model: &Model) -> PyResult<Clause> {
    let py = clause.py();
    let path = text(&clause.getattr(pyo3::intern!(py, "path"))?)?;
    Ok(Clause { path, patterns: patterns(&clause.getattr(pyo3::intern!(py, "patterns"))?, model)? })
}

fn patterns(patterns: &Bound<'_, PyAny>, model: &Model) -> PyResult<Box<[Pattern]>> {
    let mut patterns = patterns.try_iter()?.map(|each| pattern(&each?, model)).collect::<PyResult<Vec<_>>>()?;
    patterns.sort_unstable();
    Ok(patterns.into())
}

fn pattern(pattern: &Bound<'_, PyAny>, model: &Model) -> PyResult<Pattern> {
    let py = pattern.py();
    let class = pattern.get_type();
    let is = |other: &Py<PyType>| class.is(other);
    let value = || pattern.getattr(pyo3::intern!(py, "value"));
    let plain_text = || text(&pattern.getattr(pyo3::intern!(py, "text"))?);
    let folded = || text(&pattern.getattr(pyo3::intern!(py, "folded"))?);
    Ok(if is(&model.exact) {
        exact(&value()?)?
    } else if is(&model.prefix) {
        Pattern::Prefix(plain_text()?)
    } else if is(&model.suffix) {
        Pattern::Suffix(plain_text()?)
    } else if is(&model.wildcard) {
        Pattern::Wildcard(texts(&pattern.getattr(pyo3::intern!(py, "pieces"))?)?)
    } else if is(&model.anything_but) {
        Pattern::AnythingBut(patterns(&pattern.getattr(pyo3::intern!(py, "excluded"))?, model)?)
    } else if is(&model.numeric_range) {
        Pattern::NumericRange(numeric_range(pattern)?)
    } else if is(&model.exists) {
        Pattern::Exists
    } else if is(&model.absent) {
        Pattern::Absent
    } else if is(&model.literal) {
        Pattern::Literal(value()?.extract()?)
    } else if is(&model.equals_ignore_case) {
        Pattern::EqualsIgnoreCase(folded()?)
    } else if is(&model.prefix_ignore_case) {
        Pattern::PrefixIgnoreCase(folded()?)
    } else if is(&model.suffix_ignore_case) {
        Pattern::SuffixIgnoreCase(folded()?)
    } else if is(&model.cidr) {
        Pattern::Cidr(Cidr {
            version: pattern.getattr("version")?.extract()?,
            network: pattern.getattr("network")?.extract()?,
            bits: pattern.getattr("bits")?.extract()?,
        })
    } else if is(&model.all_of) {
        let parts = pattern.getattr("parts")?;
        let mut parts = parts.try_iter()?.map(|part| patterns(&part?, model)).collect::<PyResult<Vec<_>>>()?;
        parts.sort_unstable();
        Pattern::AllOf(parts.into())
    } else if is(&model.none_of) {
        Pattern::NoneOf(patterns(&pattern.getattr("excluded")?, model)?)
    } else if is(&model.regexp) {
        let program = pattern.getattr("program")?;
        Pattern::Regexp(program.try_iter()?.map(|step| regexp_step(&step?, model)).collect::<PyResult<_>>()?)
    } else if is(&model.wildcard_ignore_case) {
        Pattern::WildcardIgnoreCase(texts(&pattern.getattr("folded_pieces")?)?)
    } else {
        return Err(PyTypeError::new_err(format!("the native engine knows no pattern of type {}", class.name()?)));
    })
}

fn regexp_step(step: &Bound<'_, PyAny>, model: &Model) -> PyResult<RegexpStep> {
    let class = step.get_type();
    let count = || -> PyResult<u32> { step.getattr("count")?.extract() };
    Ok(if class.is(&model.characters) {
        RegexpStep::Characters(step.getattr("ranges")?.cast::<PyString>()?.to_str()?.into())
    } else if class.is(&model.sequence) {
        RegexpStep::Sequence(count()?)
    } else if class.is(&model.union) {
        RegexpStep::Union(count()?)
    } else if class.is(&model.repeat) {
        RegexpStep::Repeat { low: step.getattr("low")?.extract()?, high: step.getattr("high")?.extract()? }
    } else {
        return Err(PyTypeError::new_err(format!("the native engine knows no step of type {}", class.name()?)));
    })
}

fn exact(value: &Bound<'_, PyAny>) -> PyResult<Pattern> {
    Ok(match value.cast_exact::<PyString>() {
        Ok(value) => Pattern::Text(value.to_str()?.as_bytes().into()),
        Err(_) => Pattern::Number(number(value)?),
    })
}

fn numeric_range(range: &Bound<'_, PyAny>) -> PyResult<NumericRange> {
    let bound = |number_name: &str, is_open: &str| -> PyResult<Option<NumberBound>> {
        let value = range.getattr(number_name)?;
        if value.is_none() {
            return Ok(None);
        }
        Ok(Some(NumberBound { number: number(&value)?, is_open: range.getattr(is_open)?.extract()? }))
    };
    Ok(NumericRange { low: bound("low", "low_is_open")?, high: bound("high", "high_is_open")? })
}

fn number(value: &Bound<'_, PyAny>) -> PyResult<Number> {
    if value.is_exact_instance_of::<PyFloat>() {
        return Ok(Number::from_f64(value.extract()?));
    }
    match value.cast_exact::<PyInt>()?.extract::<i64>() {
        Ok(integer) => Ok(Number::from_i64(integer)),
        Err(_) => value.extract().map(Number::from_u64).map_err(|_| PyValueError::new_err("an integer beyond 64 bits")),
    }
}

fn texts(values: &Bound<'_, PyAny>) -> PyResult<Box<[Box<[u8]>]>> {
    values.try_iter()?.map(|value| text(&value?)).collect()
}

fn text(value: &Bound<'_, PyAny>) -> PyResult<Box<[u8]>> {
    Ok(value.cast::<PyString>()?.to_str()?.as_bytes().into())
}
