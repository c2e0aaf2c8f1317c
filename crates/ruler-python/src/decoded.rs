//! The fields of an event that is a plain dict. The twin of `decode.py` and `flatten.py` in one pass.
//!
//! Only exact types are read, so no code of Python runs; everything else, right or wrong, is left to `decode.py`.
//! All of the event is checked, and what no rule uses is not copied. A stack, not recursion: events nest deeply.

use pyo3::prelude::*;
use pyo3::types::iter::BoundDictIterator;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use ruler_core::event::fields::{Element, Fields, Value, NONE};
use ruler_core::event::{Rejected, MAX_DEPTH};
use ruler_core::machine::path_trie::{PathId, PathTrie};
use ruler_core::number::Number;
use std::collections::HashSet;

/// A container that is being gone through.
struct Frame<'py> {
    members: Members<'py>,
    /// Where its values stand, None when nothing in it is used.
    node: Option<PathId>,
    element: u32,
}

enum Members<'py> {
    Object { object: Bound<'py, PyDict>, members: BoundDictIterator<'py>, names: Option<HashSet<String>> },
    Array { items: Items<'py>, next: usize, number: u32, container_count: u32 },
}

enum Items<'py> {
    List(Bound<'py, PyList>),
    Tuple(Bound<'py, PyTuple>),
}

/// What a value of an event is.
enum Kind<'a, 'py> {
    Object(&'a Bound<'py, PyDict>),
    Array(Items<'py>),
    Text(&'a str),
    Other(Value),
}

/// Gather the fields of `event` at used paths; `Rejected` for anything that is not plain, or no JSON.
pub fn gather(event: &Bound<'_, PyDict>, paths: &PathTrie, fields: &mut Fields) -> Result<(), Rejected> {
    fields.clear(paths.id_count());
    let mut array_count = 0;
    let mut frames = vec![Frame::object(event, Some(PathId::ROOT), NONE)];
    while let Some(frame) = frames.last_mut() {
        let Some((value, node)) = frame.next(paths, fields)? else {
            frames.pop();
            continue;
        };
        let node_in_use = node.filter(|&node| paths.is_used(node));
        match kind_of(&value)? {
            Kind::Text(text) => {
                if let Some(node) = node_in_use {
                    let start = fields.unescaped.len();
                    fields.unescaped.extend_from_slice(text.as_bytes());
                    fields.add(node, Value::Unescaped { start, end: fields.unescaped.len() }, frame.element);
                }
            }
            Kind::Other(other) => {
                if let Some(node) = node_in_use {
                    fields.add(node, other, frame.element);
                }
            }
            Kind::Object(object) => {
                let element = frame.element_inside(paths, fields);
                let node = node.filter(|&node| paths.has_children(node));
                frames.push(Frame::object(object, node, element));
            }
            Kind::Array(items) => {
                let element = frame.element_inside(paths, fields);
                let node = node.filter(|&node| paths.has_children(node) || paths.is_used(node));
                array_count += 1;
                let members = Members::Array { items, next: 0, number: array_count, container_count: 0 };
                frames.push(Frame { members, node, element });
            }
        }
        if frames.len() > MAX_DEPTH {
            return Err(Rejected);
        }
    }
    Ok(())
}

/// A value, and the node of the path trie that it stands at.
type Placed<'py> = (Bound<'py, PyAny>, Option<PathId>);

impl<'py> Frame<'py> {
    fn object(object: &Bound<'py, PyDict>, node: Option<PathId>, element: u32) -> Frame<'py> {
        Frame {
            members: Members::Object { object: object.clone(), members: object.iter(), names: None },
            node,
            element,
        }
    }

    /// The next value and the node that it stands at.
    fn next(&mut self, paths: &PathTrie, fields: &mut Fields) -> Result<Option<Placed<'py>>, Rejected> {
        match &mut self.members {
            Members::Object { object, members, names } => {
                let Some((name, value)) = members.next() else {
                    return Ok(None);
                };
                let name = name.cast_exact::<PyString>().map_err(|_| Rejected)?;
                let name = name.to_str().map_err(|_| Rejected)?;
                let node = self.node.and_then(|node| {
                    paths.child(node, name.as_bytes()).or_else(|| {
                        let target = paths.descendant(node, name.as_bytes()).filter(|_| name.contains('.'))?;
                        fields.spelled_twice |= has_part_of(names.get_or_insert_with(|| names_of(object)), name);
                        Some(target)
                    })
                });
                Ok(Some((value, node)))
            }
            Members::Array { items, next, .. } => {
                *next += 1;
                let item = match items {
                    Items::List(list) => list.get_item(*next - 1).ok(),
                    Items::Tuple(tuple) => tuple.get_item(*next - 1).ok(),
                };
                Ok(item.map(|item| (item, self.node)))
            }
        }
    }

    /// The element that the inside of the container just met lies in.
    fn element_inside(&mut self, paths: &PathTrie, fields: &mut Fields) -> u32 {
        let (Members::Array { number, container_count, .. }, Some(node)) = (&mut self.members, self.node) else {
            return self.element;
        };
        if !paths.is_joint(node) {
            return self.element;
        }
        *container_count += 1;
        if *container_count == 2 {
            fields.joints.push(node);
        }
        fields.elements.push(Element { parent: self.element, array: *number, path: node });
        fields.elements.len() as u32 - 1
    }
}

/// The names of an object, made once a name with dots makes them of interest. Not asked of the dict itself, which may
/// have other keys, whose comparison runs code.
fn names_of(object: &Bound<'_, PyDict>) -> HashSet<String> {
    let names =
        object.iter().filter_map(|(name, _)| name.cast_exact::<PyString>().ok()?.to_str().ok().map(str::to_owned));
    names.collect()
}

/// Whether some of `names` is the beginning of `name` up to one of its dots.
fn has_part_of(names: &HashSet<String>, name: &str) -> bool {
    name.match_indices('.').any(|(dot, _)| names.contains(&name[..dot]))
}

/// The number of an int that 64 bits hold; made without an exception for those that they do not, since an exception is
/// an object, which can start the garbage collector under the lock.
fn number(integer: &Bound<'_, PyInt>) -> Result<Number, Rejected> {
    let mut overflow = 0;
    // SAFETY: `integer` is an int, and holding it proves that the GIL is held.
    let small = unsafe { pyo3::ffi::PyLong_AsLongLongAndOverflow(integer.as_ptr(), &mut overflow) };
    match overflow {
        0 => Ok(Number::from_i64(small)),
        1 if integer.le(u64::MAX).unwrap_or(false) => integer.extract().map(Number::from_u64).map_err(|_| Rejected),
        _ => Err(Rejected),
    }
}

#[inline]
fn kind_of<'a, 'py>(value: &'a Bound<'py, PyAny>) -> Result<Kind<'a, 'py>, Rejected> {
    if let Ok(text) = value.cast_exact::<PyString>() {
        return text.to_str().map(Kind::Text).map_err(|_| Rejected);
    }
    if let Ok(object) = value.cast_exact::<PyDict>() {
        return Ok(Kind::Object(object));
    }
    if let Ok(integer) = value.cast_exact::<PyInt>() {
        return Ok(Kind::Other(Value::Number(number(integer)?)));
    }
    if let Ok(double) = value.cast_exact::<PyFloat>() {
        let double = double.value();
        return if double.is_finite() {
            Ok(Kind::Other(Value::Number(Number::from_f64(double))))
        } else {
            Err(Rejected)
        };
    }
    if let Ok(list) = value.cast_exact::<PyList>() {
        return Ok(Kind::Array(Items::List(list.clone())));
    }
    if value.is_none() {
        return Ok(Kind::Other(Value::Literal(None)));
    }
    if let Ok(boolean) = value.cast_exact::<PyBool>() {
        return Ok(Kind::Other(Value::Literal(Some(boolean.is_true()))));
    }
    if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        return Ok(Kind::Array(Items::Tuple(tuple.clone())));
    }
    Err(Rejected)
}
