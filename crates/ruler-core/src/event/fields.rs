//! What was found of one event: the values at the paths that rules use, each with its array trail.
//!
//! Made by a reader (of JSON text, or of a decoded event), read by the machine's walk. One `Fields` serves event after
//! event and keeps its memory.

use super::reuse::empty;
use crate::machine::path_trie::PathId;
use crate::number::Number;
use crate::number_text::end_and_cell;

/// Stands for "no field" and "no element".
pub const NONE: u32 = u32::MAX;

/// One value. Texts and numbers are spans, copied from nowhere until they are needed.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// The string between two quotes of the event that hold no escape.
    Text {
        start: usize,
        end: usize,
    },
    /// A string in `Fields::unescaped`.
    Unescaped {
        start: usize,
        end: usize,
    },
    /// The text of a number in the event.
    NumberText {
        start: usize,
        end: usize,
    },
    /// All that lies in an array of the event that holds numbers and literals, in arrays within it too: at least one.
    Numbers {
        start: usize,
        end: usize,
    },
    Number(Number),
    Literal(Option<bool>),
}

/// One leaf of an event at a used path.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub value: Value,
    /// The innermost element of a joint array that it lies in, or NONE.
    pub element: u32,
    /// The next field of the same path, or NONE.
    pub next: u32,
    /// False for what a later member of the same name has replaced.
    pub is_live: bool,
    pub path: PathId,
}

impl Field {
    /// This field, or one for each value of its array.
    pub fn each(self, event: &[u8]) -> impl Iterator<Item = Field> + '_ {
        let (one, many) = match self.value {
            Value::Numbers { start, end } => (None, Some(each_in_array(event, start, end))),
            _ => (Some(self), None),
        };
        one.into_iter().chain(many.into_iter().flatten().map(move |value| Field { value, ..self }))
    }
}

/// One object or array that is an element of an array at a joint path.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// The element around it, or NONE. Elements are numbered as they begin, so a parent has the lower number.
    pub parent: u32,
    /// A number of the array, unique in the event.
    pub array: u32,
    /// The path of the array.
    pub path: PathId,
}

/// The live fields of one path.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfPath {
    stamp: u32,
    pub first: u32,
    last: u32,
    pub count: u32,
}

/// The fields of one event.
#[derive(Debug, Default)]
pub struct Fields {
    pub fields: Vec<Field>,
    pub elements: Vec<Element>,
    /// The used paths that have live fields, each once.
    pub present: Vec<PathId>,
    /// Joint paths at which some array holds two objects or arrays, or more: there trails can matter. May list a path
    /// more than once, and one whose array a later member of the same name has replaced.
    pub joints: Vec<PathId>,
    /// Whether one object holds both `a` and `a.b` (or the like): values of one path may lie in unrelated arrays.
    pub spelled_twice: bool,
    /// Strings that held escapes, or that came with no text at all.
    pub unescaped: Vec<u8>,
    of_path: Vec<OfPath>,
    stamp: u32,
}

impl Fields {
    /// Make ready for the next event of a machine with `path_count` path ids.
    pub fn clear(&mut self, path_count: usize) {
        empty(&mut self.fields);
        empty(&mut self.elements);
        empty(&mut self.joints);
        empty(&mut self.unescaped);
        self.present.clear(); // no more than there are paths
        self.spelled_twice = false;
        if self.of_path.len() < path_count {
            self.of_path.resize(path_count, OfPath::default());
        }
        if self.stamp >= u32::MAX - 1 {
            self.of_path.fill(OfPath::default());
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// Add a field of a used path. Fields of one path must be added in the order of the event.
    #[inline]
    pub fn add(&mut self, path: PathId, value: Value, element: u32) {
        let index = self.fields.len() as u32;
        self.fields.push(Field { value, element, next: NONE, is_live: true, path });
        self.link(path, index);
    }

    #[inline]
    fn link(&mut self, path: PathId, index: u32) {
        let of_path = &mut self.of_path[path.index()];
        if of_path.stamp != self.stamp {
            *of_path = OfPath { stamp: self.stamp, first: index, last: index, count: 1 };
            self.present.push(path);
        } else {
            self.fields[of_path.last as usize].next = index;
            of_path.last = index;
            of_path.count += 1;
        }
    }

    /// Forget the fields numbered from `first` to before `end`: a later member of the same name replaces them.
    pub fn replace(&mut self, first: u32, end: u32) {
        self.fields[first as usize..end as usize].iter_mut().for_each(|field| field.is_live = false);
    }

    /// Link the live fields again; to be called once after all calls of `replace`.
    pub fn relink(&mut self) {
        self.present.clear();
        self.stamp += 1; // `clear` leaves room for one more
        for index in 0..self.fields.len() {
            if self.fields[index].is_live {
                self.fields[index].next = NONE;
                self.link(self.fields[index].path, index as u32);
            }
        }
    }

    /// The live fields of `path`, None when it has none.
    #[inline]
    pub fn of_path(&self, path: PathId) -> Option<&OfPath> {
        self.of_path.get(path.index()).filter(|of_path| of_path.stamp == self.stamp)
    }

    /// The live fields of one path, in the order of the event.
    #[inline]
    pub fn iter_path(&self, path: PathId) -> impl Iterator<Item = &Field> + '_ {
        let mut next = self.of_path(path).map_or(NONE, |of_path| of_path.first);
        std::iter::from_fn(move || {
            let field = self.fields.get(next as usize)?;
            next = field.next;
            Some(field)
        })
    }

    /// The same with every value of an array, whose text is in `event`, as a field of its own.
    pub fn each_of_path<'a>(&'a self, path: PathId, event: &'a [u8]) -> impl Iterator<Item = Field> + 'a {
        self.iter_path(path).flat_map(move |field| field.each(event))
    }
}

/// What `Value::Numbers` stands for.
fn each_in_array(event: &[u8], start: usize, end: usize) -> impl Iterator<Item = Value> + '_ {
    let mut at = start;
    std::iter::from_fn(move || {
        let first = next_in_array(event, at, end)?;
        let value;
        (value, at) = match literal(event[first]) {
            Some(literal) => (Value::Literal(literal), first + 1),
            None => {
                let (number_end, _) = end_and_cell(event, first);
                (Value::NumberText { start: first, end: number_end }, number_end)
            }
        };
        Some(value)
    })
}

/// Where the next number or literal of an array begins that ends at `end`; it has no strings.
#[inline]
pub fn next_in_array(event: &[u8], at: usize, end: usize) -> Option<usize> {
    let is_first = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b't' | b'f' | b'n');
    event.get(at..end)?.iter().position(is_first).map(|distance| at + distance)
}

/// The literal that begins with this byte, None when that begins a number.
#[inline]
pub fn literal(first: u8) -> Option<Option<bool>> {
    match first {
        b't' => Some(Some(true)),
        b'f' => Some(Some(false)),
        b'n' => Some(None),
        _ => None,
    }
}
