//! Names and texts by rule id.

use pyo3::prelude::*;
use ruler_core::machine::RuleId;

/// The texts under which a rule was added. Most have one.
pub enum Texts {
    One(Box<str>),
    Many(Vec<Box<str>>),
}

impl Texts {
    pub fn push(&mut self, text: Box<str>) {
        match self {
            Texts::Many(texts) => texts.push(text),
            Texts::One(first) => *self = Texts::Many(vec![std::mem::take(first), text]),
        }
    }

    pub fn as_slice(&self) -> &[Box<str>] {
        match self {
            Texts::One(text) => std::slice::from_ref(text),
            Texts::Many(texts) => texts,
        }
    }
}

pub struct Rule {
    pub name: Py<PyAny>,
    pub texts: Texts,
}

#[derive(Default)]
pub struct Rules {
    by_id: Vec<Option<Rule>>,
    pub count: usize,
    /// Removed while some batch may still ask for their names.
    pub retired: Vec<RuleId>,
}

impl Rules {
    #[inline]
    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.by_id.get(id as usize)?.as_ref()
    }

    /// Keep a text under `id`, beside those that are there, or as a rule named `name`.
    pub fn add(&mut self, id: RuleId, text: Box<str>, name: impl FnOnce() -> Py<PyAny>) {
        let index = id as usize;
        if index >= self.by_id.len() {
            self.by_id.resize_with(index + 1, || None);
        }
        match &mut self.by_id[index] {
            Some(rule) => rule.texts.push(text),
            free => {
                *free = Some(Rule { name: name(), texts: Texts::One(text) });
                self.count += 1;
            }
        }
    }

    /// Keep a text under `id` in place of those that are there.
    pub fn replace(&mut self, id: RuleId, text: Box<str>) {
        if let Some(Some(rule)) = self.by_id.get_mut(id as usize) {
            rule.texts = Texts::One(text);
        }
    }

    /// Forget what is under `id`; returns it, to be dropped where code of Python may run.
    pub fn remove(&mut self, id: RuleId) -> Option<Rule> {
        let rule = self.by_id.get_mut(id as usize)?.take();
        while let Some(None) = self.by_id.last() {
            self.by_id.pop();
        }
        if self.by_id.len() * 4 < self.by_id.capacity() {
            self.by_id.shrink_to(self.by_id.len() * 2);
        }
        rule
    }

    /// Bytes held, names not included.
    pub fn memory_bytes(&self) -> usize {
        let rules = self.by_id.iter().flatten();
        let texts = rules.map(|rule| rule.texts.as_slice().iter().map(|text| text.len() + 16).sum::<usize>());
        self.by_id.capacity() * size_of::<Option<Rule>>() + texts.sum::<usize>()
    }
}
